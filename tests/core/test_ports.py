"""The values among the ports."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from headgate.core.ports import Deadlines, Origin
from headgate.front.exchange import Exchange
from headgate.wire import anthropic, openai_chat, openai_embeddings
from tests.support.exchange import FakeExchange

ORIGIN = Origin("https", "api.example", 443)


def test_two_requests_share_a_connection_only_if_all_of_their_origin_is_equal() -> None:
    assert hash(ORIGIN) == hash(Origin("https", "api.example", 443))
    others = {"scheme": "http", "host": "b", "port": 444, "allow_private": True, "proxy": "http://p:1", "ca_file": "x"}
    assert set(others) == {field.name for field in fields(Origin)}
    assert all(replace(ORIGIN, **{name: value}) != ORIGIN for name, value in others.items())


@pytest.mark.parametrize(("scheme", "tls"), [("https", True), ("http", False)])
def test_an_origin_is_encrypted_by_its_scheme(scheme: str, tls: bool) -> None:
    assert replace(ORIGIN, scheme=scheme).tls is tls


def test_deadlines_leave_each_phase_the_time_of_those_within_it() -> None:
    defaults = Deadlines()
    assert defaults.connect_ms < defaults.first_byte_ms <= defaults.first_content_ms <= defaults.total_ms
    assert defaults.between_chunks_ms < defaults.total_ms


@pytest.mark.parametrize(
    "codec", [openai_chat.CODEC, anthropic.CODEC, anthropic.COUNT_TOKENS, openai_embeddings.CODEC], ids=lambda codec: codec.name
)
def test_a_codec_that_streams_has_a_sign_of_life_and_one_that_does_not_has_none(codec: object) -> None:
    scanner, sign = getattr(codec, "scanner", None), getattr(codec, "keep_alive", b"")
    assert (scanner is not None) == (sign != b"") and (sign == b"" or sign.endswith(b"\n\n"))


def test_the_exchange_of_the_tests_has_all_that_the_real_one_offers_the_pipeline() -> None:
    port = {"headers", "query", "parameter", "started", "on_flow", "paused", "gone", "header", "repeats", "body", "reply", "start"}
    port |= {"write", "end", "abort"}
    assert all(hasattr(FakeExchange(), name) and hasattr(Exchange, name) for name in port)
