"""Connections to one origin, kept between requests, and the queue of those who wait for one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from headgate.core.errors import UpstreamOverloaded, UpstreamReset, UpstreamTimeout
from headgate.core.ports import Deadlines, Origin
from headgate.upstream.connection import Connection
from headgate.upstream.request import HttpCall, origin_lines
from headgate.upstream.watch import Watch


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """How much is kept and how many may wait, for each origin; and how many origins there may be."""

    connections: int = 1_000
    waiting: int = 4_000
    idle: int = 256
    idle_ms: int = 50_000
    origins: int = 256


class Waiter:
    """A request that waits for a connection. Given None, it may open one itself."""

    __slots__ = ("_deadlines", "granted", "phase_at", "total_at")

    def __init__(self, granted: asyncio.Future[Connection | None], deadlines: Deadlines, started_at: float) -> None:
        self.granted = granted
        self._deadlines = deadlines
        self.phase_at = started_at + deadlines.connect_ms / 1000
        self.total_at = started_at + deadlines.total_ms / 1000

    def expire(self) -> None:
        if not self.granted.done():
            self.granted.set_exception(late(self._deadlines))


def late(deadlines: Deadlines) -> UpstreamTimeout:
    """The error of a request that got no connection in time."""
    if deadlines.total_ms < deadlines.connect_ms:
        return UpstreamTimeout("total", deadlines.total_ms)
    return UpstreamTimeout("connect", deadlines.connect_ms)


class Pool:
    """The connections of one origin."""

    __slots__ = (
        "_closed",
        "_dial",
        "_idle",
        "_limits",
        "_loop",
        "_members",
        "_reaper",
        "_taken",
        "_waiters",
        "_watch",
        "lines",
        "now",
        "used_at",
    )

    def __init__(self, origin: Origin, limits: PoolLimits, watch: Watch, dial: Callable[[Connection], Awaitable[None]]) -> None:
        self.lines = origin_lines(origin)
        """What every request to this origin has in its head."""
        self.used_at = 0.0
        self._limits = limits
        self._watch = watch
        self._dial = dial
        self._loop = asyncio.get_running_loop()
        self.now = self._loop.time
        self._closed = False
        self._idle: list[Connection] = []
        self._members: set[Connection] = set()
        self._taken = 0
        """Connections there are or are being opened."""
        self._waiters: deque[Waiter] = deque()
        self._reaper: asyncio.TimerHandle | None = None

    @property
    def unused(self) -> bool:
        """Nobody has or wants a connection of it."""
        return self._taken == len(self._idle) and not self._waiters

    def take(self, now: float) -> Connection | None:
        """A connection that is ready. The one used last comes first, so that those too many grow old."""
        idle = self._idle
        oldest = now - self._limits.idle_ms / 1000
        while idle:
            connection = idle.pop()
            if connection.usable and connection.idle_since > oldest:
                return connection
            connection.abort()
        return None

    async def obtain(self, call: HttpCall, started_at: float) -> Connection:
        """A connection that was waited for, or a new one."""
        self.used_at = started_at
        if self._taken >= self._limits.connections:
            connection = await self._queue(call.deadlines, started_at)
            if connection is not None:
                return connection
        else:
            self._taken += 1
        # From here on a place is ours: it becomes a connection's, or is free again.
        connection = Connection(self._loop, self._watch, self)
        try:
            await self._connect(connection, call.deadlines, started_at)
        except BaseException:
            connection.abort()
            self._place_free()
            raise
        self._members.add(connection)
        return connection

    async def _connect(self, connection: Connection, deadlines: Deadlines, started_at: float) -> None:
        at = started_at + min(deadlines.connect_ms, deadlines.total_ms) / 1000
        try:
            async with asyncio.timeout_at(at):
                await self._dial(connection)
        except TimeoutError as cause:
            raise late(deadlines) from cause
        if self._closed:
            raise UpstreamReset("The gateway is shutting down.")
        if connection.closed:
            raise UpstreamReset("The provider closed the connection as soon as it was made.")

    async def _queue(self, deadlines: Deadlines, started_at: float) -> Connection | None:
        while True:
            connection = await self._wait(deadlines, started_at)
            if connection is None or connection.usable:
                return connection

    async def _wait(self, deadlines: Deadlines, started_at: float) -> Connection | None:
        if len(self._waiters) >= self._limits.waiting:
            raise UpstreamOverloaded(
                f"{self._limits.connections} requests to this provider are running and {self._limits.waiting} wait: try again later."
            )
        waiter = Waiter(self._loop.create_future(), deadlines, started_at)
        self._waiters.append(waiter)
        self._watch.add(waiter)
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            # Cancelled after it was given something: what it was given goes on to the next.
            if waiter.granted.done() and not waiter.granted.cancelled() and waiter.granted.exception() is None:
                connection = waiter.granted.result()
                if connection is None:
                    self._place_free()
                else:
                    self.give_back(connection)
            raise
        finally:
            self._watch.remove(waiter)
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def give_back(self, connection: Connection) -> None:
        if not connection.usable:
            connection.abort()
        elif (waiter := self._next_waiter()) is not None:
            waiter.granted.set_result(connection)
        elif len(self._idle) >= self._limits.idle:
            connection.abort()
        else:
            self.used_at = connection.idle_since = self._loop.time()
            self._idle.append(connection)
            if self._reaper is None:
                self._reaper = self._loop.call_later(self._limits.idle_ms / 1000, self._reap)

    def lost(self, connection: Connection) -> None:
        if connection in self._members:
            self._members.remove(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._place_free()

    def close(self) -> None:
        """End all connections at once."""
        self._closed = True
        if self._reaper is not None:
            self._reaper.cancel()
        for connection in tuple(self._members):
            connection.abort()
        while (waiter := self._next_waiter()) is not None:
            waiter.granted.set_exception(UpstreamReset("The gateway is shutting down."))

    @property
    def gone(self) -> bool:
        """After `close`: all connections have ended."""
        return not self._members

    def _place_free(self) -> None:
        waiter = self._next_waiter()
        if waiter is None:
            self._taken -= 1
        else:
            waiter.granted.set_result(None)

    def _next_waiter(self) -> Waiter | None:
        while self._waiters:
            waiter = self._waiters.popleft()
            if not waiter.granted.done():
                return waiter
        return None

    def _reap(self) -> None:
        """End connections that were idle too long; look again when the next may be."""
        self._reaper = None
        idle_s = self._limits.idle_ms / 1000
        now = self._loop.time()
        while self._idle and self._idle[0].idle_since + idle_s <= now:
            self._idle.pop(0).abort()
        if self._idle:
            wait_s = max(self._idle[0].idle_since + idle_s - now, idle_s / 10)
            self._reaper = self._loop.call_later(wait_s, self._reap)
