"""M7: wherever the client leaves, one row says what was used and who says so, and the provider is let go at once or drained."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from statistics import median

import pytest

from headgate.core.record import Settled
from headgate.front.protocol import Limits
from headgate.simulator.seen import Seen
from tests.support.dialects import DIALECTS, MOST_TOKENS, Dialect, by_name
from tests.support.inside import KEY, Inside, inside
from tests.support.visiting import Visit, raw, visiting

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
CLOSED_WITHIN_MS = 250

STREAM_CUTS = {
    "before headers": "stall=accept",
    "in the headers": "stall=head",
    "before first token": "stall=first_content",
    "mid text": "stall=mid;at=5",
    "mid tool call": "stall=mid;at=4",
    "after last content": "stall=before_usage",
    "before the end": "stall=before_done",
}
"""Cut point → where the simulated provider stops until it is left."""
PLAIN_CUTS = ("before headers", "in the headers", "before first token", "mid text", "mid tool call", "after last content", "before the end")


def source(dialect: Dialect, cut: str, stream: bool) -> tuple[str, ...]:
    """Who can know the usage at this point."""
    if not stream or cut in ("before headers", "in the headers"):
        return ("estimated",)
    if dialect.name == "openai":  # usage comes once, before the terminator
        return ("partial",) if cut == "before the end" else ("estimated",)
    return ("partial",)  # input is told in the first event


async def eventually(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():
            await asyncio.sleep(0.001)


async def reached(running: Inside, visit: Visit, cut: str, stream: bool) -> Seen:
    """The request, once the provider has sent all that it sends before this point."""
    await eventually(lambda: bool(running.simulator.requests))
    [seen] = running.simulator.requests
    if cut == "before headers":
        return seen
    await eventually(lambda: seen.sent_bytes > 0)
    quiet, sent = 0, 0
    while quiet < 15:  # it stalls for ever, so what it has not sent by now it will not send
        await asyncio.sleep(0.001)
        quiet, sent = (quiet + 1, sent) if seen.sent_bytes == sent else (0, seen.sent_bytes)
    if stream and cut not in ("in the headers", "before first token"):
        await visit.head()
        assert await visit.chunk()
    return seen


async def left(dialect: Dialect, cut: str, stream: bool, running: Inside, how: Callable[[Visit], Awaitable[None]]) -> tuple[Settled, Seen]:
    body = dialect.body(stream, calls_tool=cut == "mid tool call")
    async with visiting(running.url, dialect.path, body, KEY, x_sim=STREAM_CUTS[cut]) as visit:
        seen = await reached(running, visit, cut, stream)
        await how(visit)
    await eventually(lambda: bool(running.rows))
    await eventually(lambda: seen.closed_ms is not None or seen.answered_ms is not None)
    [row] = running.rows
    assert [entry.id for entry in running.admissions] == [row.id]
    return row, seen


@BOTH
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
async def test_leaving_is_recorded_once_and_lets_the_provider_go(dialect: Dialect, stream: bool, reset: bool) -> None:
    took_ms: list[float] = []
    for cut in STREAM_CUTS if stream else PLAIN_CUTS:
        async with inside() as running:
            left_at: list[float] = []

            async def leave(visit: Visit, left_at: list[float] = left_at) -> None:
                left_at.append(asyncio.get_running_loop().time() * 1000)
                visit.leave(reset)

            row, seen = await left(dialect, cut, stream, running, leave)
            assert (row.outcome, row.stream) == ("client_gone", stream), cut
            assert row.usage_source in source(dialect, cut, stream), cut
            assert row.usage.completion <= MOST_TOKENS and row.usage.prompt > 0, cut
            assert row.cost_nano is not None and row.cost_nano > 0, cut
            assert seen.closed_by == "peer" and seen.closed_ms is not None and seen.answered_ms is None, cut
            took_ms.append(seen.closed_ms - left_at[0])
            assert running.simulator.open_connections == 0
    # The median, because a busy machine may hold up any one of them.
    assert median(took_ms) <= CLOSED_WITHIN_MS


@BOTH
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
async def test_a_drained_answer_is_charged_by_the_provider(dialect: Dialect, stream: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for cut, fault in STREAM_CUTS.items():
        monkeypatch.setitem(STREAM_CUTS, cut, f"{fault};stall_ms=120")
        async with inside(limits=Limits(drain_s=10)) as running:

            async def leave(visit: Visit) -> None:
                visit.leave()

            row, seen = await left(dialect, cut, stream, running, leave)
            assert (row.outcome, row.usage_source) == ("client_gone", "provider"), cut
            assert seen.answered_ms is not None and seen.closed_early_ms is None, cut


@BOTH
@pytest.mark.parametrize("reset", [False, True], ids=["FIN", "RST"])
async def test_a_client_that_has_sent_more_requests_ahead_is_seen_to_leave_too(dialect: Dialect, reset: bool) -> None:
    async with inside() as running:
        headers = {"authorization": f"Bearer {KEY}", "x-sim": "stall=mid"}
        reader, writer = await running.served.connect()
        writer.write(raw(dialect.path, dialect.body(True), headers) * 3)
        assert await reader.readuntil(b"delta")
        if reset:
            writer.transport.abort()
        else:
            writer.close()
        [seen] = running.simulator.requests
        await eventually(lambda: seen.closed_ms is not None)
        assert seen.closed_by == "peer" and [row.outcome for row in running.rows] == ["client_gone"]


@BOTH
async def test_a_drain_has_a_bound(dialect: Dialect) -> None:
    async with inside(limits=Limits(drain_s=0.1)) as running:

        async def leave(visit: Visit) -> None:
            visit.leave()

        row, seen = await left(dialect, "mid text", True, running, leave)
        assert row.outcome == "client_gone" and row.usage_source in source(dialect, "mid text", True)
        assert seen.closed_by == "peer" and seen.answered_ms is None


@BOTH
async def test_an_estimate_never_exceeds_what_the_client_allowed(dialect: Dialect) -> None:
    limit = {"max_completion_tokens" if dialect.name == "openai" else "max_tokens": 3}
    async with inside() as running:
        # A provider that says more than it may, and then breaks off.
        events = await dialect.recorded(running.simulator, True)
        body = dialect.body(True) | limit
        sim = f"cut={len(events) - 4}"
        async with visiting(running.url, dialect.path, body, KEY, x_sim=sim) as visit:
            await visit.head()
            await visit.rest()
        await eventually(lambda: bool(running.rows))
        assert running.rows[0].usage.completion <= 3
