"""The real clock. Tests pass their own."""

from __future__ import annotations

import time


class SystemClock:
    """Wall time from the operating system."""

    def now_us(self) -> int:
        return time.time_ns() // 1000
