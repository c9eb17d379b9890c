"""A whole chat completion tells what it cost; what is none is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import UpstreamError, UpstreamGarbage
from headgate.core.usage import Usage
from headgate.wire import openai_chat
from tests.support import wire

READ = openai_chat.CODEC.read_reply


def test_a_reply_tells_usage_model_and_id() -> None:
    facts = READ(wire.reply("openai_chat", "text"))
    assert facts.usage == Usage(input=86, cache_read=1920, output=300)
    assert (facts.model, facts.reply_id, facts.produced) == ("gpt-4.1-2025-04-14", "chatcmpl-CfA", Usage(output=6))


def test_tool_calls_are_produced_too() -> None:
    assert READ(wire.reply("openai_chat", "tools")).produced == Usage(output=11)  # 15 + 18 + 3 + 8 bytes


@pytest.mark.parametrize(
    ("body", "produced"),
    [
        (b'\n\n  {"choices":[{"message":{"content":"hello"}}]}', 2),
        (b'{"choices":[{"message":{"content":"half \\ud83d"}}]}', 10),
        (b'{"choices":[]}', 0),
        (b'{"id":5,"choices":[{"message":{"tool_calls":{}}}]}', 8),
    ],
)
def test_an_odd_reply_is_still_a_reply(body: bytes, produced: int) -> None:
    facts = READ(body)
    assert (facts.usage, facts.produced) == (None, Usage(output=produced))


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>502</html>", b"null", b"[]", b"{}", b'{"choices":null}', b'{"object":"list","data":[]}', b"[" * 90_000, b"\xff"],
)
def test_what_is_no_reply_is_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        READ(body)


def test_a_reply_that_breaks_off_is_garbage_wherever_it_does() -> None:
    body = wire.reply("openai_chat", "text").strip()
    for end in range(len(body)):
        with pytest.raises(UpstreamGarbage):
            READ(body[:end])


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error":{"code":502,"message":"Provider returned error"}}', "Provider returned error"),
        (b'{"error":"model not loaded"}', "model not loaded"),
        (b'{"id":"x","choices":null,"error":{}, "detail":1}', None),
    ],
)
def test_an_error_with_a_good_status_is_an_error(body: bytes, said: str | None) -> None:
    with pytest.raises(UpstreamError, match=said) as failed:
        READ(body)
    assert isinstance(failed.value, UpstreamGarbage) == (said is None)


@given(st.binary(max_size=60) | st.text(alphabet='{}[]",:choicesmgu01', max_size=60).map(str.encode))
def test_no_bytes_make_it_fail_otherwise(body: bytes) -> None:
    with pytest.raises(UpstreamError):
        READ(body)
