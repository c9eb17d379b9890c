from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from headgate.simulator.coding import decode
from headgate.simulator.directive import HEALTHY, Directive
from headgate.simulator.openai import OPENAI
from headgate.simulator.play import Action, Cut, Step, play
from headgate.simulator.reply import Event, Reply

EVENTS: list[Event] = [
    ("open", b"data: open\n\n"),
    *[("content", b"data: %d\n\n" % number) for number in range(6)],
    ("finish", b"data: finish\n\n"),
    ("usage", b"data: usage\n\n"),
    ("done", b"data: [DONE]\n\n"),
]
BODIES = [data for _, data in EVENTS]
HEAD = (b"HTTP/1.1 200 OK", b"x-a: 1", b"x-b: 2", b"x-c: 3")
WHOLE = b'{"id":"1","text":"' + b"x" * 120 + b'","usage":{"prompt_tokens":1}}'


def fault(**fields: Any) -> Directive:
    return msgspec.convert(fields, Directive)


def streamed(**fields: Any) -> list[Action]:
    def events(_: bytes) -> Iterator[Event]:
        return iter(EVENTS)

    return list(play(Reply(OPENAI, events=events, directive=fault(**fields)), HEAD, b"id"))


def whole(**fields: Any) -> list[Action]:
    return list(play(Reply(OPENAI, body=WHOLE, directive=fault(**fields)), HEAD, b"id"))


def wire(actions: list[Action]) -> bytes:
    return b"".join(action.data for action in actions if isinstance(action, Step))


def body(actions: list[Action]) -> bytes:
    """What a client reads from a chunked answer, as far as it came."""
    rest, found = wire(actions).partition(b"\r\n\r\n")[2], b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        found, rest = found + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return found


def before_wait(actions: list[Action]) -> bytes:
    """What was sent when the first endless wait began."""
    index = next(index for index, action in enumerate(actions) if isinstance(action, Step) and action.wait_ms is None)
    return wire(actions[: index + 1])


def test_a_healthy_stream_is_one_write_an_event() -> None:
    head, *events, end = streamed()
    assert isinstance(head, Step)
    assert head.data.endswith(b"x-c: 3\r\ntransfer-encoding: chunked\r\n\r\n")
    assert events == [Step(b"%x\r\n%b\r\n" % (len(data), data)) for data in BODIES]
    assert end == Step(b"0\r\n\r\n")


def test_a_healthy_whole_answer_has_its_length() -> None:
    assert wire(whole()).endswith(b"content-length: %d\r\n\r\n%b" % (len(WHOLE), WHOLE))


@pytest.mark.parametrize(
    ("phase", "sent"),
    [
        ("first_content", BODIES[:1]),
        ("mid", BODIES[:4]),
        ("before_usage", BODIES[:8]),
        ("before_done", BODIES[:9]),
        ("end", BODIES),
    ],
)
def test_a_stream_stalls_where_it_is_told(phase: str, sent: list[bytes]) -> None:
    stalled = before_wait(streamed(stall=phase))
    assert body([Step(stalled)]) == b"".join(sent)
    assert not stalled.endswith(b"0\r\n\r\n")


def test_a_stall_before_the_answer_sends_nothing_or_half_the_head() -> None:
    assert before_wait(streamed(stall="accept")) == b""
    assert before_wait(streamed(stall="head")) == b"HTTP/1.1 200 OK\r\nx-a: 1\r\n"


@pytest.mark.parametrize(
    ("phase", "sent"), [("first_content", 0), ("mid", len(WHOLE) // 2), ("before_usage", WHOLE.find(b'"usage"')), ("before_done", -1)]
)
def test_a_whole_answer_stalls_where_it_is_told(phase: str, sent: int) -> None:
    assert before_wait(whole(stall=phase)).partition(b"\r\n\r\n")[2] == WHOLE[:sent]


def test_a_stall_with_a_time_goes_on() -> None:
    actions = streamed(stall="mid", stall_ms=70)
    assert Step(b"", 70) in actions
    assert body(actions) == b"".join(BODIES)


@pytest.mark.parametrize("count", range(len(EVENTS) + 1))
def test_a_cut_comes_after_so_many_events(count: int) -> None:
    actions = streamed(cut=count)
    assert (body(actions), actions[-1]) == (b"".join(BODIES[:count]), Cut(False))


@pytest.mark.parametrize("count", [0, 1, 13, 40, 10_000])
def test_a_cut_comes_after_so_many_bytes(count: int) -> None:
    actions = streamed(cut_byte=count, reset=True)
    assert (body(actions), actions[-1]) == (b"".join(BODIES)[:count], Cut(True))


def test_a_whole_answer_is_cut_too() -> None:
    assert wire(whole(cut_byte=17)).endswith(b"\r\n\r\n" + WHOLE[:17])
    assert whole(cut_byte=17)[-1] == whole(cut=1)[-1] == Cut(False)
    assert wire(whole(cut=1)).endswith(b"\r\n\r\n" + WHOLE[: len(WHOLE) // 2])


def test_a_reset_alone_comes_before_the_first_byte() -> None:
    assert streamed(reset=True) == whole(reset=True) == [Cut(True)]


def test_latency_and_slow_headers_are_waits() -> None:
    assert streamed(latency_ms=30)[0] == Step(b"", 30)
    waits = [action for action in streamed(slow_headers_ms=5) if isinstance(action, Step) and action.wait_ms]
    assert [step.data for step in waits] == [b"", *(line + b"\r\n" for line in (*HEAD, b"transfer-encoding: chunked"))]


def test_content_is_paced_and_nothing_else() -> None:
    assert [action.wait_ms for action in streamed(interval_ms=20) if isinstance(action, Step)] == [0, 0, *[20] * 6, 0, 0, 0, 0]


def test_every_event_can_be_split() -> None:
    actions = streamed(chunk=3)
    sizes = {int(action.data.partition(b"\r\n")[0], 16) for action in actions[1:] if isinstance(action, Step)}
    assert sizes <= {0, 1, 2, 3}
    assert body(actions) == b"".join(BODIES)


def test_events_can_be_sent_together() -> None:
    actions = streamed(batch=4)
    assert len(actions) == 1 + 3 + 1
    assert body(actions) == b"".join(BODIES)
    assert body(streamed(batch=4, cut=6)) == b"".join(BODIES[:6])


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_answers_can_be_encoded(coding: str) -> None:
    actions = streamed(encoding=coding)
    assert b"content-encoding: " + coding.encode() in wire(actions)
    assert decode(coding, body(actions)) == b"".join(BODIES)
    head, _, rest = wire(whole(encoding=coding)).partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(rest) in head
    assert decode(coding, rest) == WHOLE


@pytest.mark.parametrize(("length", "says"), [("long", 64), ("short", -64)])
def test_the_length_can_be_wrong(length: str, says: int) -> None:
    head, _, rest = wire(whole(length=length)).partition(b"\r\n\r\n")
    assert (b"content-length: %d" % (len(WHOLE) + says) in head, rest, whole(length=length)[-1]) == (True, WHOLE, Cut(False))
    actions = streamed(length=length)
    assert b"transfer-encoding" not in wire(actions)
    assert wire(actions).endswith(b"\r\n\r\n" + b"".join(BODIES))
    assert actions[-1] == Cut(False)


def test_healthy_is_healthy() -> None:
    assert fault() == HEALTHY
