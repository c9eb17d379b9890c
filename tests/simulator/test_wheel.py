from __future__ import annotations

import asyncio

from headgate.simulator.wheel import Wheel


async def test_everything_is_called_once_in_order_and_not_early() -> None:
    loop, called, over = asyncio.get_running_loop(), list[tuple[int, float]](), asyncio.Event()
    wheel, begun = Wheel(loop), loop.time()

    def note(wait_ms: int) -> None:
        called.append((wait_ms, (loop.time() - begun) * 1000))
        if len(called) == 4:
            over.set()

    for wait_ms in (12, 4, 12, 8):
        wheel.after(wait_ms, lambda wait_ms=wait_ms: note(wait_ms))
    await over.wait()
    assert [wait_ms for wait_ms, _ in called] == [4, 8, 12, 12]
    assert all(after_ms >= wait_ms - 0.5 for wait_ms, after_ms in called)


async def test_what_is_cancelled_is_not_called() -> None:
    wheel, called, over = Wheel(asyncio.get_running_loop()), list[str](), asyncio.Event()
    wheel.after(2, lambda: called.append("cancelled")).cancel()
    wheel.after(2, lambda: called.append("kept"))
    wheel.after(6, over.set)
    await over.wait()
    assert called == ["kept"]
