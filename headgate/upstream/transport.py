"""The only way out: HTTP/1.1 to providers over kept connections, with deadlines, bounds and one egress rule.

Redirects are never followed: a 3xx is an answer like any other, so a provider cannot send us elsewhere.
"""

from __future__ import annotations

import asyncio
from functools import partial

from headgate.core.errors import UpstreamOverloaded, UpstreamReset
from headgate.core.ports import Origin
from headgate.upstream import request
from headgate.upstream.connect import Dialer
from headgate.upstream.pool import Pool, PoolLimits
from headgate.upstream.reply import HttpReply
from headgate.upstream.request import HttpCall
from headgate.upstream.watch import Watch

__all__ = ["HttpCall", "HttpReply", "PoolLimits", "Transport"]

DEFAULT_LIMITS = PoolLimits()


class Transport:
    """Opens calls to providers. Belongs to the event loop of its first call."""

    __slots__ = ("_closed", "_dialer", "_limits", "_loop", "_pools", "_watch")

    def __init__(self, limits: PoolLimits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self._dialer = Dialer()
        self._pools: dict[Origin, Pool] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watch: Watch | None = None
        self._closed = False

    async def open(self, call: HttpCall) -> HttpReply:
        """Send a request and wait for the head of its answer.

        Raises UpstreamUnreachable, EgressRefused, UpstreamOverloaded (before anything was sent), UpstreamReset, UpstreamTimeout,
        UpstreamGarbage; ValueError for headers that cannot be sent.
        """
        pool = self._pools.get(call.origin) or self._add(call.origin)
        started_at = pool.now()
        head = request.head(call, pool.lines)
        connection = pool.take(started_at) or await pool.obtain(call, started_at)
        return await connection.exchange(call, head, started_at)

    async def close(self) -> None:
        """End every connection at once. Those who wait get UpstreamReset, those who read UpstreamCut."""
        self._closed = True
        pools = tuple(self._pools.values())
        self._pools.clear()
        for pool in pools:
            pool.close()
        while not all(pool.gone for pool in pools):
            await asyncio.sleep(0)
        if self._watch is not None:
            self._watch.stop()

    def _add(self, origin: Origin) -> Pool:
        if self._closed:
            raise UpstreamReset("The gateway is shutting down.")
        if self._watch is None:
            self._watch = Watch(asyncio.get_running_loop())
        if len(self._pools) >= self._limits.origins:
            self._forget_one()
        pool = self._pools[origin] = Pool(origin, self._limits, self._watch, partial(self._dialer.dial, origin))
        return pool

    def _forget_one(self) -> None:
        """Close the pool that was used longest ago, of those that nobody uses."""
        unused = [(pool.used_at, id(pool), origin) for origin, pool in self._pools.items() if pool.unused]
        if not unused:
            raise UpstreamOverloaded(f"Requests to {self._limits.origins} providers are running: try again later.")
        _, _, origin = min(unused, key=lambda entry: entry[:2])
        self._pools.pop(origin).close()
