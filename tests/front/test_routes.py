"""The one table of what is served."""

from __future__ import annotations

import pytest

from headgate.front import routes
from headgate.front.routes import ROUTES, Table

TABLE = Table()


def test_every_row_says_how_it_is_governed() -> None:
    for route in ROUTES:
        assert (route.admission, route.audit) == ("key", "record")
        assert route.guardrails in ("none", "input", "both")
        assert (route.answer is None) == (route.method == "POST")
        assert any(route.path.startswith(prefix.decode()) for prefix in routes.INFERENCE_PREFIXES)
    assert len({(route.method, route.path, route.needs) for route in ROUTES}) == len(ROUTES)


def test_a_route_that_carries_text_both_ways_is_seen_both_ways() -> None:
    assert {route.guardrails for route in ROUTES if route.operation == "chat"} == {"both"}


@pytest.mark.parametrize("path", [b"/v1/chat/completions", b"/v1/embeddings", b"/v1/messages", b"/v1/messages/count_tokens", b"/v1/models"])
def test_exact_paths_are_found(path: bytes) -> None:
    found = TABLE.find(path)
    assert found is not None and found.parameter == b"" and {route.path.encode() for route in found.routes} == {path}


@pytest.mark.parametrize("parameter", [b"gpt", b"a/b", b"a%2Fb", b".", b"..", b"/"])
def test_an_open_rest_is_taken_as_it_came(parameter: bytes) -> None:
    found = TABLE.find(b"/v1/models/" + parameter)
    assert found is not None and found.parameter == parameter and found.routes[0].path == "/v1/models/{id}"


@pytest.mark.parametrize(
    "path",
    [
        b"",
        b"/",
        b"/v1",
        b"/v1/models/",
        b"/v1/chat/completions/",
        b"/V1/models",
        b"/v1//models",
        b"/v1/modelsx",
        b"v1/models",
        b"/v1/%6dodels",
    ],
)
def test_nothing_else_is_a_route(path: bytes) -> None:
    assert TABLE.find(path) is None


def test_where_dialects_share_a_path_the_header_decides() -> None:
    found = TABLE.find(b"/v1/models")
    assert found is not None
    anthropic = routes.choose(found.routes, "GET", {b"anthropic-version": b"2023-06-01"})
    openai = routes.choose(found.routes, "GET", {})
    assert anthropic is not None and anthropic.surface == "anthropic"
    assert openai is not None and openai.surface == "openai"
    assert routes.choose(found.routes, "POST", {}) is None


def test_refusals_without_a_route_are_in_the_dialect_of_the_headers() -> None:
    assert routes.dialect({b"anthropic-version": b""}).name == "anthropic_messages"
    assert routes.dialect({}).name == "openai_chat"
