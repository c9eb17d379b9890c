"""Message events pass, every byte of them, and their facts stay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.ports import StreamScanner
from headgate.core.usage import Usage
from headgate.wire import anthropic
from tests.support import wire


def scanner() -> StreamScanner:
    make = anthropic.CODEC.scanner
    assert make is not None
    return make(anthropic.CODEC.read_request(wire.MESSAGE))


def fed(name: str) -> tuple[bytes, dict[str, Any]]:
    """What a client gets of a recorded stream, and what is known of it afterwards."""
    watching = scanner()
    passed = wire.passed(watching, [wire.stream("anthropic", name)])
    return passed, wire.facts(watching)


CLAUDE = {
    "model": "claude-sonnet-4-5-20250929",
    "reply_id": "msg_01XFDUDYJgAACzvnptvVoYEL",
    "garbage": False,
    "error": None,
    "content_seen": True,
    "finished": True,
    "complete": True,
}
BROKEN = {**CLAUDE, "finished": False, "complete": False}
BLOCKS = {
    **CLAUDE,
    "usage": Usage(input=25, cache_read=3000, cache_write_5m=1000, cache_write_1h=400, output=38, reasoning=20),
    "produced": Usage(output=6),
}
START = Usage(input=25, cache_read=3000, cache_write_5m=1000, cache_write_1h=400, output=1)
FACTS: dict[str, dict[str, Any]] = {
    "blocks": BLOCKS,
    "blocks_crlf": BLOCKS,
    "no_event_lines": BLOCKS,
    "no_last_blank": BLOCKS,
    "server_tool": {**CLAUDE, "usage": Usage(input=10682, output=510, web_searches=1), "produced": Usage(output=8)},
    "error": {**BROKEN, "error": "overloaded_error", "usage": START, "produced": Usage(output=1)},
    "cut": {**BROKEN, "usage": START, "produced": Usage(output=1)},
}


@pytest.mark.parametrize("name", wire.streams("anthropic"))
def test_facts_of_recorded_streams(name: str) -> None:
    assert fed(name)[1] == FACTS[name]


@pytest.mark.parametrize("name", sorted(set(wire.streams("anthropic")) - {"cut", "no_last_blank"}))
def test_every_byte_passes(name: str) -> None:
    assert fed(name)[0] == wire.stream("anthropic", name)


def test_the_last_event_is_made_whole_and_a_broken_one_is_kept_back() -> None:
    assert fed("no_last_blank")[0] == wire.stream("anthropic", "no_last_blank") + b"\n\n"
    stream = wire.stream("anthropic", "cut")
    assert fed("cut")[0] == stream[: stream.rindex(b"\n\n") + 2]


@pytest.mark.parametrize("name", wire.streams("anthropic"))
def test_a_cut_at_any_byte_changes_nothing(name: str) -> None:
    stream = wire.stream("anthropic", name)
    for place in range(1, len(stream)):
        watching = scanner()
        assert wire.passed(watching, wire.cut(stream, [place])) == fed(name)[0]
        assert wire.facts(watching) == FACTS[name]


@given(st.sampled_from(wire.streams("anthropic")), st.lists(st.integers(1, 2500), max_size=40))
def test_many_cuts_change_nothing(name: str, places: list[int]) -> None:
    watching = scanner()
    assert wire.passed(watching, wire.cut(wire.stream("anthropic", name), places)) == fed(name)[0]
    assert wire.facts(watching) == FACTS[name]


def test_no_cut_stream_ever_looks_finished() -> None:
    stream = wire.stream("anthropic", "blocks")
    for place in range(stream.rindex(b"}")):
        watching = scanner()
        assert b"message_stop" not in wire.passed(watching, [stream[:place]])
        assert not watching.finished


def test_usage_is_known_from_the_first_event() -> None:
    watching = scanner()
    stream = wire.stream("anthropic", "blocks")
    first = stream[: stream.index(b"\n\n") + 2]
    assert watching.feed(first) == first
    assert (watching.usage, watching.content_seen) == (START, False)


@pytest.mark.parametrize("garbage", [b"event: x\ndata: oops\n\n", b'data: {"type":\n\n', b"data: " + b"[" * 50_000 + b"\n\n"])
def test_garbage_ends_a_stream_behind_its_good_events(garbage: bytes) -> None:
    watching = scanner()
    ping = b'event: ping\ndata: {"type":"ping"}\n\n'
    assert watching.feed(ping + garbage + ping) == ping
    assert (watching.garbage, watching.finished) == (True, False)
    assert watching.feed(b'data: {"type":"message_stop"}\n\n') == b""
    assert not watching.finished


@pytest.mark.parametrize(
    "event",
    [
        b"data: [DONE]\n\n",
        b"data: \n\n",
        b'data: "x"\n\n',
        b'event: a\ndata: {"type":"a","delta":7,"usage":[]}\n\n',
        b'data: {"type":5,"message":[]}\n\n',
        b'data: {"delta":{"text":"\\ud83d"}}\n\n',
    ],
)
def test_odd_events_pass(event: bytes) -> None:
    watching = scanner()
    assert watching.feed(event) == event
    assert (watching.garbage, watching.finished, watching.error) == (False, False, None)


def test_an_error_is_heard_among_odd_types() -> None:
    watching = scanner()
    watching.feed(b'event: error\ndata: {"type":"error","delta":1,"error":{"type":"api_error","message":"m"}}\n\n')
    watching.feed(b'data: {"type":"message_stop"}\n\n')
    assert (watching.error, watching.finished) == ("api_error", False)


names = st.text(alphabet="abcxyz_é\u2028", min_size=1).map(lambda name: f"new_{name}")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=6
)
inventions = st.dictionaries(names, json_values, max_size=3)


@given(st.lists(st.tuples(names, inventions, inventions), min_size=1, max_size=4), st.lists(st.integers(1, 400)))
def test_members_and_events_invented_tomorrow_pass(events: list[tuple[str, dict[str, Any], dict[str, Any]]], places: list[int]) -> None:
    stream = b""
    for kind, outside, inside in events:
        delta = {"type": "content_block_delta", **outside, "delta": {"type": "text_delta", "text": "x", **inside}}
        for event in ({"type": kind, **outside}, delta):
            stream += f"event: {event['type']}\ndata: {json.dumps(event, ensure_ascii=False)}\n\n".encode()
    watching = scanner()
    assert wire.passed(watching, wire.cut(stream, places)) == stream
    assert watching.produced == Usage(output=-(-len(events) // 4))


@given(st.binary(max_size=60), st.lists(st.integers(1, 60)))
def test_no_bytes_make_it_fail(data: bytes, places: list[int]) -> None:
    for frame in (data, b"data: " + data + b"\n\n", b'data: {"type":' + data + b"}\n\n"):
        wire.passed(scanner(), wire.cut(frame, places))
