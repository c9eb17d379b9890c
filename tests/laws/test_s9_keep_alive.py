"""S9: silence is bridged between events, never inside one, and without giving a provider more time."""

from __future__ import annotations

import asyncio

import pytest

from headgate.core.errors import UpstreamTimeout
from headgate.core.ports import Deadlines
from headgate.pipeline import relay
from tests.support.client import ask
from tests.support.dialects import DIALECTS, Dialect, by_name, failed
from tests.support.inside import KEY, inside
from tests.support.scripted import chunk, head, scripted
from tests.support.visiting import visiting

SIGNS = {"openai": b": keep-alive\n\n", "anthropic": b'event: ping\ndata: {"type":"ping"}\n\n'}
BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "KEEP_ALIVE_S", 0.05)


@BOTH
@pytest.mark.parametrize("where", ["first_content", "mid", "before_usage", "before_done"])
async def test_a_silent_stream_shows_that_it_lives_and_then_goes_on(dialect: Dialect, where: str) -> None:
    async with inside() as running:
        sim = {"x-sim": f"stall={where};stall_ms=180;tokens=20"}
        answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers=sim)
        healthy = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers={"x-sim": "tokens=20"})
    sign = SIGNS[dialect.name]
    assert 2 <= answer.body.count(sign) <= 4
    assert without_ids(answer.body.replace(sign, b"")) == without_ids(healthy.body)
    assert [row.outcome for row in running.rows] == ["ok", "ok"]


def without_ids(stream: bytes) -> list[bytes]:
    """Events without what differs from answer to answer."""
    return [event.partition(b'"choices"')[2] or event for event in stream.split(b"\n\n") if b"message_start" not in event]


@BOTH
async def test_no_sign_is_written_inside_an_event(dialect: Dialect) -> None:
    async with inside() as running:
        events = await dialect.recorded(running.simulator, True)
        halves = [*events[:8], events[8][:30]], [events[8][30:], *events[9:]]
        go_on = asyncio.Event()

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(head(b"text/event-stream", b"transfer-encoding: chunked") + b"".join(map(chunk, halves[0])))
            await go_on.wait()
            writer.write(b"".join(map(chunk, halves[1])) + chunk(b""))

        async with scripted(answer) as provider:
            provider.serves(running)
            async with visiting(running.url, dialect.path, dialect.body(True), KEY) as visit:
                await visit.head()
                while SIGNS[dialect.name] not in visit.chunks:
                    await visit.chunk()
                go_on.set()
                await visit.rest()
    assert visit.whole and visit.body.replace(SIGNS[dialect.name], b"") == b"".join(events).replace(SIGNS[dialect.name], b"")


@BOTH
async def test_a_sign_of_ours_gives_the_provider_no_more_time(dialect: Dialect) -> None:
    async with inside(Deadlines(between_chunks_ms=250, first_content_ms=250)) as running:
        for where, which in (("mid", "between_chunks"), ("first_content", "first_content")):
            sim = {"x-sim": f"stall={where}"}
            answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers=sim)
            assert SIGNS[dialect.name] in answer.body
            assert failed(dialect, answer) == UpstreamTimeout(which, 250).code


@BOTH
async def test_a_client_that_reads_too_slowly_gets_no_signs_heaped_up(dialect: Dialect) -> None:
    async with inside() as running:
        event = (await dialect.recorded(running.simulator, True))[6]
        large = event.replace(b'":"', b'":"' + b"x" * 60_000, 1)
        read = asyncio.Event()

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(head(b"text/event-stream", b"transfer-encoding: chunked") + chunk(event) + chunk(large) * 150)
            await read.wait()
            writer.write(chunk(b""))

        async with scripted(answer) as provider:
            provider.serves(running)
            async with visiting(running.url, dialect.path, dialect.body(True), KEY) as visit:
                await visit.head()
                await asyncio.sleep(0.5)  # ten signs' time in which nobody reads
                read.set()
                await visit.rest()
    assert visit.body.count(b"x" * 60_000) == 150
    assert visit.body.count(SIGNS[dialect.name]) <= 4
