"""Law R4: five deadlines, each against a provider that stalls exactly there, and the error names which one fired."""

from __future__ import annotations

import asyncio
import math
import socket

import pytest

from headgate.core.errors import UpstreamTimeout
from headgate.core.ports import Origin
from headgate.upstream.watch import Watch
from tests.support.upstreams import ANSWER, CHUNKED, LIMIT, Act, fetch, post, transport, upstream

EVENT = b"3\r\nabc\r\n"


async def test_connect_when_the_connection_is_never_made() -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        origin = Origin("https", "127.0.0.1", full.getsockname()[1], allow_private=True)
        async with transport() as here:
            with pytest.raises(UpstreamTimeout, match="connect deadline of 80 ms") as timeout:
                await here.open(post(origin, connect_ms=80))
    assert (timeout.value.which, timeout.value.code) == ("connect", "upstream_timeout_connect")


async def test_connect_when_all_connections_are_in_use() -> None:
    async with upstream([Act.REQUEST, CHUNKED]) as there, transport(connections=1) as here:
        reply = await here.open(post(there.origin()))
        with pytest.raises(UpstreamTimeout, match="connect"):
            await here.open(post(there.origin(), connect_ms=80))
        reply.close()


async def test_total_when_it_is_shorter_than_connect() -> None:
    async with upstream([Act.REQUEST, CHUNKED]) as there, transport(connections=1) as here:
        reply = await here.open(post(there.origin()))
        with pytest.raises(UpstreamTimeout, match="total deadline of 80 ms"):
            await here.open(post(there.origin(), total_ms=80))
        reply.close()


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nx-half: 1", b"HTTP/1.1 100 Continue\r\n\r\n"])
async def test_first_byte_until_the_head_is_there(said: bytes) -> None:
    async with upstream([Act.REQUEST, said, Act.STALL]) as there, transport() as here:
        with pytest.raises(UpstreamTimeout, match="first byte deadline of 80 ms"):
            await here.open(post(there.origin(), first_byte_ms=80))
        await asyncio.wait_for(there.gone.wait(), 0.25)


async def test_first_byte_when_the_request_is_not_taken() -> None:
    async with upstream([Act.TICK] * 200) as there, transport() as here:
        with pytest.raises(UpstreamTimeout, match="first byte"):
            await here.open(post(there.origin(), b"x" * 20_000_000, first_byte_ms=80))


async def test_first_content_though_other_bytes_come() -> None:
    async with upstream([Act.REQUEST, CHUNKED, *[Act.TICK, EVENT] * 200]) as there, transport() as here:
        reply = await here.open(post(there.origin(), first_content_ms=80, between_chunks_ms=60_000))
        with pytest.raises(UpstreamTimeout, match="first content deadline of 80 ms"):
            await reply.pipe(lambda _: None)
        reply.close()
        await asyncio.wait_for(there.gone.wait(), 0.25)


async def test_between_chunks_counts_from_the_last_one() -> None:
    async with upstream([Act.REQUEST, CHUNKED, *[EVENT, Act.TICK] * 10, Act.STALL]) as there, transport() as here:
        reply = await here.open(post(there.origin(), first_content_ms=60_000, between_chunks_ms=100))
        reply.content_seen()
        pieces: list[bytes] = []
        with pytest.raises(UpstreamTimeout, match="between chunks deadline of 100 ms"):
            await reply.pipe(pieces.append)
        assert b"".join(pieces) == b"abc" * 10
        await asyncio.wait_for(there.gone.wait(), 0.25)


async def test_between_chunks_counts_while_a_body_is_read_whole() -> None:
    async with upstream([Act.REQUEST, CHUNKED, Act.TICK, EVENT, Act.STALL]) as there, transport() as here:
        reply = await here.open(post(there.origin(), between_chunks_ms=80))
        with pytest.raises(UpstreamTimeout, match="between chunks"):
            await reply.read(LIMIT)


async def test_between_chunks_does_not_count_while_paused() -> None:
    async with upstream([Act.REQUEST, CHUNKED, EVENT, Act.STALL]) as there, transport() as here:
        reply = await here.open(post(there.origin(), between_chunks_ms=100))
        reply.content_seen()
        reply.pause()
        task = asyncio.ensure_future(reply.pipe(lambda _: None))
        await asyncio.sleep(0.4)
        assert not task.done()
        reply.resume()
        with pytest.raises(UpstreamTimeout, match="between chunks"):
            await task


async def test_total_though_every_chunk_is_in_time() -> None:
    async with upstream([Act.REQUEST, CHUNKED, *[EVENT, Act.TICK] * 200]) as there, transport() as here:
        reply = await here.open(post(there.origin(), total_ms=150))
        reply.content_seen()
        with pytest.raises(UpstreamTimeout, match="total deadline of 150 ms"):
            await reply.pipe(lambda _: None)


async def test_total_counts_while_paused() -> None:
    async with upstream([Act.REQUEST, CHUNKED, EVENT, Act.STALL]) as there, transport() as here:
        reply = await here.open(post(there.origin(), total_ms=150))
        reply.pause()
        with pytest.raises(UpstreamTimeout, match="total"):
            await reply.pipe(lambda _: None)


async def test_a_reply_that_came_in_time_has_no_deadline_any_more() -> None:
    async with upstream(ANSWER) as there, transport() as here:
        reply = await here.open(post(there.origin(), first_byte_ms=60, first_content_ms=60, between_chunks_ms=60, total_ms=120))
        await asyncio.sleep(0.25)
        assert await reply.read(LIMIT) == b"hello"
        reply.close()
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 1


class Late:
    """Something that is always late."""

    def __init__(self) -> None:
        self.phase_at = 0.0
        self.total_at = math.inf
        self.expired = 0

    def expire(self) -> None:
        self.expired += 1


async def test_what_is_late_expires_once_and_what_was_removed_never() -> None:
    watch = Watch(asyncio.get_running_loop())
    late, removed, patient = Late(), Late(), Late()
    patient.phase_at = math.inf
    for timed in (late, removed, patient):
        watch.add(timed)
    watch.remove(removed)
    await asyncio.sleep(0.2)
    assert (late.expired, removed.expired, patient.expired) == (1, 0, 0)
    watch.stop()
