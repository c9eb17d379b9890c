"""What was used and what it cost, summed by team, key, model or day."""

from __future__ import annotations

from headgate.control.refusals import PeriodInvalid
from headgate.core.stores import Dimension, Stores, UsageRow

FOR_EVER_MS = 1 << 52


def by(stores: Stores, dimension: Dimension, since_ms: int = 0, until_ms: int = FOR_EVER_MS) -> list[UsageRow]:
    """One row for each value of `dimension` among the requests that began at since ≤ t < until. Exact to the nano-dollar."""
    if until_ms < since_ms:
        raise PeriodInvalid
    return stores.records.usage(dimension, since_ms * 1000, until_ms * 1000)
