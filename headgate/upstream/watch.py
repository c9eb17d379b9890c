"""Deadlines: one timer looks at all that wait, many times a second, because a timer for each request costs more than the request."""

from __future__ import annotations

import asyncio
from typing import Protocol

PERIOD_S = 0.05
"""How late a deadline may fire."""


class Timed(Protocol):
    """Something that waits. The times are `loop.time()`; infinity where none counts."""

    phase_at: float
    total_at: float

    def expire(self) -> None:
        """Called once `phase_at` or `total_at` has passed."""
        ...


class Watch:
    """Expires what is late. Runs only while something waits."""

    __slots__ = ("_loop", "_timer", "_waiting")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: set[Timed] = set()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, timed: Timed) -> None:
        self._waiting.add(timed)
        if self._timer is None:
            self._timer = self._loop.call_later(PERIOD_S, self._look)

    def remove(self, timed: Timed) -> None:
        self._waiting.discard(timed)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        now = self._loop.time()
        for timed in [one for one in self._waiting if one.phase_at <= now or one.total_at <= now]:
            self._waiting.discard(timed)
            timed.expire()
        self._timer = self._loop.call_later(PERIOD_S, self._look) if self._waiting else None
