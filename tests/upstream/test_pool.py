"""Connections are kept within bounds, given out in order, and never used when they might be stale."""

from __future__ import annotations

import asyncio
import time

import pytest

from headgate.core.errors import UpstreamOverloaded, UpstreamReset, UpstreamUnreachable
from headgate.core.ports import Origin
from headgate.upstream.transport import HttpReply, Transport
from tests.support.upstreams import ANSWER, CHUNKED, HELLO, Act, Upstream, fetch, post, transport, upstream


async def held(here: Transport, there: Upstream) -> HttpReply:
    """A reply whose connection is in use until it is closed."""
    return await here.open(post(there.origin()))


async def test_calls_at_once_have_a_connection_each_and_later_ones_share_them() -> None:
    async with upstream() as there, transport() as here:
        for _ in range(3):
            await asyncio.gather(*(fetch(here, post(there.origin())) for _ in range(5)))
        assert there.connections == 5


async def test_no_more_connections_than_allowed_and_those_who_wait_come_in_order() -> None:
    async with upstream() as there, transport(connections=2) as here:
        done: list[int] = []

        async def call(number: int) -> None:
            await fetch(here, post(there.origin()))
            done.append(number)

        first, second = await held(here, there), await held(here, there)
        calls = [asyncio.ensure_future(call(number)) for number in range(6)]
        await asyncio.sleep(0.02)
        assert done == []
        first.close()
        await asyncio.gather(*calls)
        assert (done, there.connections) == (list(range(6)), 2)
        second.close()


async def test_who_waits_may_open_a_connection_when_another_died() -> None:
    async with upstream([Act.REQUEST, CHUNKED], ANSWER) as there, transport(connections=1) as here:
        first = await held(here, there)
        waits = asyncio.ensure_future(fetch(here, post(there.origin())))
        await asyncio.sleep(0.02)
        first.close()
        assert await waits == (200, b"hello")
        assert there.connections == 2


async def test_a_full_queue_refuses_at_once() -> None:
    async with upstream() as there, transport(connections=1, waiting=1) as here:
        first = await held(here, there)
        waits = asyncio.ensure_future(fetch(here, post(there.origin())))
        await asyncio.sleep(0.02)
        with pytest.raises(UpstreamOverloaded):
            await here.open(post(there.origin()))
        first.close()
        assert await waits == (200, b"hello")


async def test_one_who_stops_waiting_takes_nothing_with_it() -> None:
    async with upstream() as there, transport(connections=1) as here:
        first = await held(here, there)
        leaves = asyncio.ensure_future(fetch(here, post(there.origin())))
        stays = asyncio.ensure_future(fetch(here, post(there.origin())))
        await asyncio.sleep(0.02)
        first.close()  # the connection is granted to the one that leaves now
        leaves.cancel()
        assert await asyncio.wait_for(stays, 5) == (200, b"hello")
        with pytest.raises(asyncio.CancelledError):
            await leaves
        assert there.connections == 1


async def test_one_who_stops_waiting_with_a_free_place_hands_it_on() -> None:
    async with upstream([Act.REQUEST, CHUNKED], ANSWER) as there, transport(connections=1) as here:
        first = await held(here, there)
        leaves = asyncio.ensure_future(fetch(here, post(there.origin())))
        stays = asyncio.ensure_future(fetch(here, post(there.origin())))
        await asyncio.sleep(0.02)
        first.close()
        await asyncio.sleep(0)
        leaves.cancel()
        assert await asyncio.wait_for(stays, 5) == (200, b"hello")
        await asyncio.gather(leaves, return_exceptions=True)


async def test_a_failed_connection_leaves_its_place_free() -> None:
    async with upstream() as there:
        port = there.port
    async with transport(connections=1) as here:
        for _ in range(3):
            with pytest.raises(UpstreamUnreachable):
                await here.open(post(Origin("http", "127.0.0.1", port, allow_private=True)))


async def test_a_cancelled_connection_leaves_its_place_free() -> None:
    async with upstream() as there, transport(connections=1) as here:
        task = asyncio.ensure_future(here.open(post(there.origin())))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await asyncio.wait_for(fetch(here, post(there.origin())), 5) == (200, b"hello")


async def test_no_more_idle_connections_than_allowed_are_kept() -> None:
    async with upstream() as there, transport(idle=2) as here:
        await asyncio.gather(*(fetch(here, post(there.origin())) for _ in range(5)))
        await asyncio.sleep(0.05)
        await asyncio.gather(*(fetch(here, post(there.origin())) for _ in range(3)))
        assert there.connections == 6


async def test_a_connection_idle_too_long_is_closed_without_any_traffic() -> None:
    async with upstream() as there, transport(idle_ms=50) as here:
        await fetch(here, post(there.origin()))
        await asyncio.wait_for(there.gone.wait(), 5)
        await fetch(here, post(there.origin()))
        assert there.connections == 2


async def test_a_connection_idle_too_long_is_not_used_though_nobody_had_time_to_close_it() -> None:
    async with upstream() as there, transport(idle_ms=50) as here:
        await fetch(here, post(there.origin()))
        time.sleep(0.1)
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 2


async def test_origins_that_differ_in_anything_share_no_connection() -> None:
    async with upstream() as there, transport() as here:
        await fetch(here, post(there.origin()))
        await fetch(here, post(there.origin(ca_file="other")))
        await fetch(here, post(there.origin()))
        assert there.connections == 2


async def test_those_who_wait_when_the_transport_closes_are_told() -> None:
    async with upstream([Act.REQUEST, CHUNKED]) as there:
        async with transport(connections=1) as here:
            await held(here, there)
            waits = asyncio.ensure_future(here.open(post(there.origin())))
            await asyncio.sleep(0.02)
        with pytest.raises(UpstreamReset):
            await waits


async def test_a_paused_reply_gives_back_a_connection_that_is_read_again() -> None:
    async with upstream([Act.REQUEST, HELLO[:-2], Act.TICK, HELLO[-2:], Act.REQUEST, HELLO]) as there, transport() as here:
        reply = await held(here, there)
        taken: list[bytes] = []
        piping = asyncio.ensure_future(reply.pipe(taken.append))
        await asyncio.sleep(0.005)
        reply.pause()
        await asyncio.sleep(0.05)
        reply.resume()
        await piping
        reply.pause()
        reply.close()
        assert b"".join(taken) == b"hello"
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 1
