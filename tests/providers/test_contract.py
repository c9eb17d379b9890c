"""What every kind of provider must keep. The suite finds the kinds by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from headgate import registry
from headgate.config import prices
from headgate.core.ports import Deadlines, Provider
from headgate.wire import anthropic, openai_chat, openai_embeddings

KINDS = registry.providers()
FORMATS = {codec.name for codec in (openai_chat.CODEC, openai_embeddings.CODEC, anthropic.CODEC, anthropic.COUNT_TOKENS)}
PRIVATE = {"base_url": "http://127.0.0.1:8000/api", "allow_private": True}


def build(kind: str, **options: Any) -> Provider:
    plugin = KINDS[kind]
    return plugin.build(plugin.Options(**{"api_key": "sk-canary"} | options))


pytestmark = pytest.mark.parametrize("kind", KINDS)


def test_it_has_two_public_names_and_says_what_it_is(kind: str) -> None:
    plugin = KINDS[kind]
    assert plugin.__doc__
    assert callable(plugin.build)
    assert plugin.Options.model_config["extra"] == "forbid"


def test_a_key_is_all_it_needs(kind: str) -> None:
    provider = build(kind)
    assert (provider.kind, provider.name) == (kind, kind)
    assert (provider.origin.scheme, provider.origin.port, provider.origin.allow_private) == ("https", 443, False)
    assert provider.deadlines == Deadlines()


def test_it_can_be_called_at_paths_that_need_no_encoding(kind: str) -> None:
    provider = build(kind)
    assert provider.paths
    assert provider.paths.keys() <= FORMATS
    for path in provider.paths.values():
        assert path.startswith("/") and "//" not in path and path.isascii() and path.isprintable() and " " not in path


def test_headers_are_lower_case_bytes(kind: str) -> None:
    provider = build(kind)
    for name, value in (*provider.authorize, *provider.defaults):
        assert name == name.lower() and name and value


def test_the_key_travels_in_one_header_and_nowhere_else(kind: str) -> None:
    provider = build(kind)
    assert [b"sk-canary" in value for _, value in provider.authorize].count(True) == 1
    assert not any(b"sk-canary" in value for _, value in provider.defaults)
    assert "sk-canary" not in repr(provider.origin) + repr(provider.paths) + repr(KINDS[kind].Options(api_key="sk-canary"))


def test_no_key_means_no_header(kind: str) -> None:
    assert build(kind, api_key="none").authorize == ()


def test_it_answers_at_another_address_with_or_without_a_slash_at_the_end(kind: str) -> None:
    one, other = build(kind, **PRIVATE), build(kind, **PRIVATE | {"base_url": "http://127.0.0.1:8000/api/"})
    assert one == other
    assert (one.origin.scheme, one.origin.host, one.origin.port, one.origin.allow_private) == ("http", "127.0.0.1", 8000, True)
    assert all(path.startswith("/api/") for path in one.paths.values())


def test_an_address_of_one_s_own_needs_leave(kind: str) -> None:
    with pytest.raises(ValidationError, match="allow_private"):
        build(kind, base_url=PRIVATE["base_url"])


def test_the_way_to_it_can_be_chosen(kind: str, tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.touch()
    provider = build(kind, proxy="http://proxy.example:3128", ca_file=str(authorities), deadlines={"total_ms": 5})
    assert (provider.origin.proxy, provider.origin.ca_file) == ("http://proxy.example:3128", str(authorities))
    assert provider.deadlines == Deadlines(total_ms=5)


def test_configured_headers_are_sent_and_win(kind: str) -> None:
    name, _ = build(kind).authorize[0]
    sent = dict(build(kind, headers={"X-Team": "blue", name.decode().title(): "mine"}).authorize)
    assert (sent[b"x-team"], sent[name]) == (b"blue", b"mine")


def test_an_unknown_option_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        build(kind, nonsense=1)


def test_its_price_list_is_there(kind: str) -> None:
    assert KINDS[kind].Options(api_key="k").price_list in (*prices.load().names, "none")
