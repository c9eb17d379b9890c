"""S7: what the provider sends now, the client gets now: each event in a write of its own, and none waits for the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest

from tests.support.dialects import DIALECTS, Dialect, by_name
from tests.support.inside import KEY, inside
from tests.support.scripted import chunk, head, scripted
from tests.support.visiting import visiting


class Waiting:
    """A provider that sends its next event only when it is told that the last one has arrived."""

    def __init__(self, events: list[bytes]) -> None:
        self.events = events
        self.arrived = asyncio.Semaphore(0)

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        writer.write(head(b"text/event-stream", b"transfer-encoding: chunked"))
        for event in self.events:
            writer.write(chunk(event))
            await self.arrived.acquire()
        writer.write(chunk(b""))


@pytest.mark.parametrize("calls_tool", [False, True], ids=["text", "tool"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
async def test_each_event_arrives_before_the_next_is_sent_and_in_a_write_of_its_own(dialect: Dialect, calls_tool: bool) -> None:
    async with inside() as running:
        events = await dialect.recorded(running.simulator, True, calls_tool)
        first = content(events)
        # What comes before the first content is held until there is some (R2), so it is sent together with it.
        sent = [b"".join(events[: first + 1]), *events[first + 1 :]]
        waiting = Waiting(sent)
        async with scripted(waiting) as provider:
            provider.serves(running)
            async with visiting(running.url, dialect.path, dialect.body(True, calls_tool), KEY) as visit:
                await visit.head()
                for event in sent:
                    assert await asyncio.wait_for(visit.chunk(), 5) == event
                    waiting.arrived.release()
                assert await visit.chunk() == b"" and visit.whole


def content(events: list[bytes]) -> int:
    marks = (b'"delta":{"content":"', b'"tool_calls"', b"content_block_delta", b'"type":"tool_use"')
    return next(number for number, event in enumerate(events) if any(mark in event for mark in marks) and b'"content":""' not in event)


@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
async def test_a_paced_stream_comes_in_as_many_writes_as_it_was_sent(
    dialect: Dialect, record_property: Callable[[str, object], None]
) -> None:
    async with inside() as running:
        pace = "tokens=40;interval_ms=20"
        events = await dialect.recorded(running.simulator, True)
        before = content(events)
        loop, times_ms = asyncio.get_running_loop(), list[float]()
        async with visiting(running.url, dialect.path, dialect.body(True), KEY, x_sim=pace) as visit:
            await visit.head()
            while await visit.chunk():
                times_ms.append(loop.time() * 1000)
        gaps = sorted(later - earlier for earlier, later in pairwise(times_ms))[:-3]
        for name, place in (("p50", 0.5), ("p99", 0.99)):
            record_property(f"{dialect.name} {name} gap of events sent every 20 ms", round(gaps[int(len(gaps) * place)], 1))
        # The events before the content come with it; those after it are not paced, and their number depends on the dialect.
        paced = [written for written in visit.chunks if written.count(b"\n\n") == 1 and b"delta" in written]
        assert len(paced) >= 30 and visit.chunks[0].count(b"\n\n") == before + 1
