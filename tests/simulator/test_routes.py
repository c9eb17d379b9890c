from __future__ import annotations

import gzip
from typing import Any

import msgspec
import pytest

from headgate.simulator import Seen, routes
from headgate.simulator.directive import Directive, read, split_model
from headgate.simulator.prefixes import Prefixes
from headgate.simulator.reply import Reply, Scene
from tests.support.sim_client import CHAT, MESSAGES

CHAT_PATH, MESSAGES_PATH = "/v1/chat/completions", "/v1/messages"
OPENAI_HEADERS = {b"authorization": b"Bearer sim-key"}
ANTHROPIC_HEADERS = {b"x-api-key": b"sim-key", b"anthropic-version": b"2023-06-01"}


def answer(method: str, path: str, body: Any = b"", headers: dict[bytes, bytes] | None = None, directive: str = "") -> Reply:
    sent = headers if headers is not None else ANTHROPIC_HEADERS if path.startswith(MESSAGES_PATH) else OPENAI_HEADERS
    seen = Seen(method, path, list(sent.items()), 0)
    seen.body = body if isinstance(body, bytes) else msgspec.json.encode(body)

    def direct(model: str) -> Directive:
        return read(split_model(model)[1], directive)

    return routes.answer(seen, sent, Scene(0, 0, routes.credential_of(sent), Prefixes(), direct))


def error(reply: Reply) -> Any:
    return msgspec.json.decode(reply.body)["error"]


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({b"authorization": b"Bearer k"}, "k"),
        ({b"authorization": b"bearer k"}, "k"),
        ({b"x-api-key": b"k"}, "k"),
        ({b"api-key": b"k"}, "k"),
        ({b"authorization": b"Basic k"}, ""),
        ({}, ""),
    ],
)
def test_the_credential_is_found(headers: dict[bytes, bytes], key: str) -> None:
    assert routes.credential_of(headers) == key


def test_no_key_is_refused_in_the_routes_dialect() -> None:
    chat, message = answer("POST", CHAT_PATH, CHAT, {}), answer("POST", MESSAGES_PATH, MESSAGES, {})
    assert (chat.status, error(chat)["code"]) == (401, "invalid_api_key")
    assert (message.status, error(message)["type"]) == (401, "authentication_error")


def test_any_key_is_good_unless_it_is_asked_to_fail() -> None:
    other = {b"authorization": b"Bearer other"}
    assert answer("POST", CHAT_PATH, CHAT, other).status == 200
    assert answer("POST", CHAT_PATH, CHAT, other, "auth=strict").status == 401
    assert answer("POST", CHAT_PATH, CHAT, directive="auth=strict").status == 200
    assert answer("POST", CHAT_PATH, CHAT, directive="auth=fail").status == 401


def test_unknown_paths_and_methods_are_refused() -> None:
    assert answer("POST", "/v1/nonsense", b"{}").status == 404
    assert error(answer("POST", "/v1/nonsense", b"{}", ANTHROPIC_HEADERS))["type"] == "not_found_error"
    assert answer("GET", CHAT_PATH).status == 405
    assert answer("POST", "/v1/models").status == 405


def test_a_body_that_is_not_the_format_is_refused() -> None:
    for body in (b"", b"{", b"[]", b"\xff"):
        assert answer("POST", CHAT_PATH, body).status == answer("POST", MESSAGES_PATH, body).status == 400
    assert error(answer("POST", CHAT_PATH, {"messages": []}))["message"] == "you must provide a model parameter"
    assert error(answer("POST", CHAT_PATH, {"model": "m"}))["param"] == "messages"
    assert error(answer("POST", MESSAGES_PATH, {"model": "m", "messages": []}))["message"] == "max_tokens: Field required"
    assert error(answer("POST", CHAT_PATH, {**CHAT, "n": "two"}))["param"] == "n"


def test_the_version_header_is_needed() -> None:
    reply = answer("POST", MESSAGES_PATH, MESSAGES, {b"x-api-key": b"k"})
    assert (reply.status, error(reply)["message"]) == (400, "anthropic-version: header is required")


def test_a_compressed_body_is_opened() -> None:
    headers = OPENAI_HEADERS | {b"content-encoding": b"gzip"}
    assert answer("POST", CHAT_PATH, gzip.compress(msgspec.json.encode(CHAT)), headers).status == 200
    assert error(answer("POST", CHAT_PATH, b"{}", headers))["code"] == "request_body_encoding_invalid"


def test_models_are_listed_in_the_callers_dialect() -> None:
    assert msgspec.json.decode(answer("GET", "/v1/models").body)["object"] == "list"
    assert "has_more" in msgspec.json.decode(answer("GET", "/v1/models", headers=ANTHROPIC_HEADERS).body)
    assert msgspec.json.decode(answer("GET", "/v1/models/gpt-4.1").body)["id"] == "gpt-4.1"
    assert answer("GET", "/v1/models/gpt-0").status == 404


@pytest.mark.parametrize(("path", "body"), [(CHAT_PATH, CHAT), (MESSAGES_PATH, MESSAGES)])
def test_faults_replace_the_answer(path: str, body: Any) -> None:
    limited = answer("POST", path, body, directive="status=429;retry_after=7")
    assert (limited.status, dict(limited.headers)["retry-after"]) == (429, "7")
    unsaid = answer("POST", path, body, directive="error_body")
    assert (unsaid.status, "error" in msgspec.json.decode(unsaid.body)) == (200, True)
    assert answer("POST", path, body, directive="garbage=html").content_type == "text/html"
    assert answer("POST", path, body, directive="garbage=json").body == b'{"hello":"world","items":[1,2,3]}'
    assert "x_future" in msgspec.json.decode(answer("POST", path, body, directive="unknown=fields").body)
    assert answer("POST", path, body, directive="status=202").status == 202


def test_a_stream_that_fails_at_once_is_a_whole_error() -> None:
    reply = answer("POST", CHAT_PATH, {**CHAT, "stream": True}, directive="status=503;code=slow_down")
    assert (reply.events, reply.status, error(reply)["code"]) == (None, 503, "slow_down")


def test_a_misspelled_directive_is_refused() -> None:
    reply = answer("POST", CHAT_PATH, CHAT, directive="stahl=mid")
    assert (reply.status, error(reply)["code"]) == (400, "simulator_directive")
