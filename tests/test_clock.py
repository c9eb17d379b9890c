"""The real clock."""

from __future__ import annotations

import time

from headgate.clock import SystemClock


def test_it_tells_wall_time_in_microseconds() -> None:
    before = time.time()
    now_s = SystemClock().now_us() / 1e6
    assert before - 0.001 <= now_s <= time.time() + 0.001
