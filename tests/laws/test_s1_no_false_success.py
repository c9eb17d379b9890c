"""S1: cut the provider anywhere, and the client never takes what it got for a whole answer."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from itertools import product

import pytest

from headgate.core.errors import UpstreamCut, UpstreamGarbage
from headgate.front.protocol import Limits
from tests.support.client import Answer, ask
from tests.support.dialects import ANTHROPIC, DIALECTS, OPENAI, Dialect, by_name, failed
from tests.support.inside import KEY, Inside, inside
from tests.support.scripted import break_off, chunk, chunked, head, scripted, sized

ENDS = pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)


class Cutting:
    """A provider that sends only so many bytes of its answer, then breaks off."""

    def __init__(self, whole: bytes, reset: bool = False) -> None:
        self.whole = whole
        self.reset = reset
        self.limit = len(whole)

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        writer.write(self.whole[: self.limit])
        await writer.drain()
        if self.limit < len(self.whole):
            if self.reset:
                await asyncio.sleep(0.002)  # a reset overtakes bytes that were not yet read
            break_off(writer, self.reset)


def places(whole: bytes, events: Sequence[bytes], seed: int) -> list[int]:
    """Where to cut: around every event's ends, in the head and in the framing at the end, and anywhere."""
    found = {0, 1, 20, whole.index(b"\r\n\r\n") + 4, len(whole) - 1, len(whole) - 3}
    at = whole.index(b"\r\n\r\n") + 4
    for event in events:
        start = whole.index(event, at)
        at = start + len(event)
        found |= {start - 2, start, at, at + 1}
    found |= {random.Random(seed).randrange(len(whole)) for _ in range(40)}
    return sorted(place for place in found if place < len(whole))


@ENDS
@BOTH
async def test_a_stream_cut_at_any_byte_never_looks_whole(dialect: Dialect, reset: bool) -> None:
    async with inside(limits=Limits(idle_timeout_s=5)) as running:
        for calls_tool in (False, True):
            events = await dialect.recorded(running.simulator, True, calls_tool)
            cutting = Cutting(chunked(events), reset)
            end = cutting.whole.index(events[-1]) + len(events[-1])
            async with scripted(cutting) as provider:
                provider.serves(running)
                for place in places(cutting.whole, events, seed=1):
                    cutting.limit = place
                    answer = await ask(running.url, dialect.path, dialect.body(True, calls_tool), key=KEY)
                    if place < end:
                        code = failed(dialect, answer)
                        check_row(running, answer, code)
                    else:
                        assert dialect.terminal in answer.body and answer.whole
                        assert running.rows[-1].outcome == "ok"


def check_row(running: Inside, answer: Answer, code: str) -> None:
    row = running.rows[-1]
    assert row.outcome == ("truncated" if answer.status == 200 else "error")
    assert row.error == code and row.id == answer.headers["x-headgate-request-id"]
    assert code in ("upstream_truncated", "upstream_reset", "upstream_garbage")


@ENDS
@BOTH
async def test_a_plain_answer_cut_at_any_byte_is_an_error(dialect: Dialect, reset: bool) -> None:
    async with inside() as running:
        [body] = await dialect.recorded(running.simulator, False)
        for whole in (sized(body), chunked([body[:40], body[40:]]).replace(b"text/event-stream", b"application/json")):
            cutting = Cutting(whole, reset)
            async with scripted(cutting) as provider:
                provider.serves(running)
                for place in places(whole, [], seed=2):
                    cutting.limit = place
                    answer = await ask(running.url, dialect.path, dialect.body(False), key=KEY)
                    assert answer.status >= 500
                    check_row(running, answer, failed(dialect, answer))


@BOTH
@pytest.mark.parametrize("cut", range(0, 22, 3))
async def test_the_simulators_own_cuts_end_in_the_dialects_error(dialect: Dialect, cut: int) -> None:
    async with inside() as running:
        sim = {"x-sim": f"cut={cut};tokens=20"}
        answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers=sim)
        assert failed(dialect, answer) == UpstreamCut.code
        cut_inside = {"x-sim": f"cut_byte={cut * 97 + 1};tokens=20"}
        answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers=cut_inside)
        assert failed(dialect, answer) == UpstreamCut.code


@BOTH
async def test_a_body_that_ends_with_its_connection_is_whole_only_with_its_terminator(dialect: Dialect) -> None:
    async with inside() as running:
        events = await dialect.recorded(running.simulator, True)
        finish = next(number for number, event in enumerate(events) if b'"finish_reason":"' in event or b"event: message_delta" in event)
        for count in range(finish):

            async def answer(writer: asyncio.StreamWriter, count: int = count) -> None:
                writer.write(head() + b"".join(events[:count]))
                await writer.drain()
                writer.close()

            async with scripted(answer) as provider:
                provider.serves(running)
                got = await ask(running.url, dialect.path, dialect.body(True), key=KEY)
                assert failed(dialect, got) == UpstreamCut.code


GARBAGE = {
    "not json": b"data: not json at all\n\n",
    "half an object": b'data: {"id":"x","choices":[{"delta":{"content":"a\n\n',
    "binary": b"data: " + bytes(range(128, 256)) + b"\n\n",
    "bad framing": b"\r\nzz\r\n",
    "a page": b"data: <html><h1>502 Bad Gateway</h1></html>\n\n",
}


@BOTH
@pytest.mark.parametrize("kind", GARBAGE)
async def test_garbage_in_the_middle_ends_in_an_error_event(dialect: Dialect, kind: str) -> None:
    async with inside() as running:
        events = await dialect.recorded(running.simulator, True)
        content = next(number for number, event in enumerate(events) if b"delta" in event and b"Nobody" not in event and number > 3)
        for place in (0, 1, content, len(events) - 1):

            async def answer(writer: asyncio.StreamWriter, place: int = place) -> None:
                before, after = events[:place], events[place:]
                garbage = GARBAGE[kind] if kind == "bad framing" else chunk(GARBAGE[kind])
                framed = b"".join(map(chunk, before)) + garbage + b"".join(map(chunk, after)) + chunk(b"")
                writer.write(head(b"text/event-stream", b"transfer-encoding: chunked") + framed)

            async with scripted(answer) as provider:
                provider.serves(running)
                got = await ask(running.url, dialect.path, dialect.body(True), key=KEY)
            code = failed(dialect, got)
            assert code in (UpstreamGarbage.code, UpstreamCut.code)
            assert (running.rows[-1].error, running.rows[-1].outcome) == (code, "truncated" if got.status == 200 else "error")


@BOTH
async def test_the_providers_own_error_event_reaches_the_client_and_no_success_follows(dialect: Dialect) -> None:
    async with inside() as running:
        for place in range(0, 12):
            sim = {"x-sim": f"error_event={place};code=slow_down;tokens=20;interval_ms=3"}
            answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers=sim)
            assert answer.whole and dialect.terminal not in answer.body
            row = running.rows[-1]
            if answer.status == 200:
                last = json.loads(answer.body.rstrip().rpartition(b"data: ")[2])
                assert "slow_down" in str(last["error"])
                assert (row.outcome, row.error) == ("truncated", "upstream_slow_down")
            else:
                assert failed(dialect, answer) == row.error == "upstream_error"
                assert place <= 3, "content had been seen, so it must be passed on"


@BOTH
async def test_success_with_an_error_for_a_body_is_an_error(dialect: Dialect) -> None:
    faults = ["error_body=1", *(f"garbage={kind}" for kind in ("json", "html", "binary", "mid_json", "sse"))]
    async with inside() as running:
        for stream, fault in [*product((False, True), faults), (False, "length=long"), (True, "length=short")]:
            answer = await ask(running.url, dialect.path, dialect.body(stream), key=KEY, headers={"x-sim": fault})
            assert failed(dialect, answer) == running.rows[-1].error, (fault, stream)


async def test_openais_missing_terminator_is_added_only_after_a_reason_to_stop_and_a_clean_end() -> None:
    async with inside() as running:
        ended = await ask(running.url, OPENAI.path, OPENAI.body(True), key=KEY, headers={"x-sim": "done=none"})
        assert ended.body.endswith(b"data: [DONE]\n\n") and running.rows[-1].outcome == "ok"
        other = await ask(running.url, ANTHROPIC.path, ANTHROPIC.body(True), key=KEY, headers={"x-sim": "done=none"})
        assert failed(ANTHROPIC, other) == UpstreamCut.code
