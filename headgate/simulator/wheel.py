"""Many timers at the price of one for each millisecond: what is due in the same one is called together."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable


class Due:
    """Something that will be called, unless it is cancelled first."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[], None]) -> None:
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        self._call = None

    def run(self) -> None:
        if self._call is not None:
            self._call()


class Wheel:
    """Calls back after so many milliseconds, never early."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._slots: dict[int, list[Due]] = {}

    def after(self, wait_ms: float, call: Callable[[], None]) -> Due:
        due = Due(call)
        slot = math.ceil(self._loop.time() * 1000 + wait_ms)
        waiting = self._slots.get(slot)
        if waiting is None:
            self._slots[slot] = [due]
            self._loop.call_at(slot / 1000, self._turn, slot)
        else:
            waiting.append(due)
        return due

    def _turn(self, slot: int) -> None:
        for due in self._slots.pop(slot):
            due.run()
