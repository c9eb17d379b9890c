"""A whole message tells what it cost; what is none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import UpstreamError, UpstreamGarbage
from headgate.core.usage import Usage
from headgate.wire import anthropic
from tests.support import wire

READ = anthropic.CODEC.read_reply
COUNT = anthropic.COUNT_TOKENS.read_reply


def test_a_message_tells_usage_model_and_id() -> None:
    facts = READ(wire.reply("anthropic", "blocks"))
    assert facts.usage == Usage(input=12, output=19, reasoning=11)
    assert (facts.model, facts.reply_id) == ("claude-sonnet-4-5-20250929", "msg_01")
    assert facts.produced == Usage(output=8)  # 13 + 11 + 5 bytes


@pytest.mark.parametrize(
    ("body", "produced"),
    [
        (b'\n{"content":[{"type":"text","text":"hello"}]}', 2),
        (b'{"content":[{"type":"text","text":"half \\ud83d"}]}', 9),
        (b'{"content":[]}', 0),
    ],
)
def test_an_odd_message_is_still_a_message(body: bytes, produced: int) -> None:
    facts = READ(body)
    assert (facts.usage, facts.produced) == (None, Usage(output=produced))


def test_a_message_that_breaks_off_is_garbage_wherever_it_does() -> None:
    body = wire.reply("anthropic", "blocks").strip()
    for end in range(len(body)):
        with pytest.raises(UpstreamGarbage):
            READ(body[:end])


@pytest.mark.parametrize("body", [b"", b"<html>", b"null", b"{}", b'{"content":"text"}', b'{"choices":[]}', b"[" * 90_000])
def test_what_is_no_message_is_garbage(body: bytes) -> None:
    for read in (READ, COUNT):
        with pytest.raises(UpstreamGarbage):
            read(body)


def test_an_error_with_a_good_status_is_an_error() -> None:
    for read in (READ, COUNT):
        with pytest.raises(UpstreamError, match="Overloaded"):
            read(b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')


def test_a_count_of_tokens_uses_nothing() -> None:
    facts = COUNT(b'{"input_tokens":2095,"new":1}')
    assert (facts.usage, facts.produced) == (Usage(), Usage())


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:contetu01', max_size=60).map(str.encode))
def test_no_bytes_make_it_fail_otherwise(body: bytes) -> None:
    for read in (READ, COUNT):
        with pytest.raises(UpstreamError):
            read(body)
