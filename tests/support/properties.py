"""Hypothesis beside a running event loop: the property is a coroutine, examples are drawn and shrunk in a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy


async def for_all(strategy: SearchStrategy[Any], check: Callable[[Any], Awaitable[None]], examples: int) -> None:
    """`check` holds for every example that is tried."""
    loop = asyncio.get_running_loop()

    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
    )
    @given(strategy)
    def holds(example: Any) -> None:
        asyncio.run_coroutine_threadsafe(_of(check(example)), loop).result(20)

    await asyncio.to_thread(holds)


async def _of(waited: Awaitable[None]) -> None:
    await waited
