"""Times as people write them: `30d`, `24h`, `2026-01-31`, `2026-01-31T12:00Z`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from headgate.core.errors import CallerError

PERIOD = re.compile(r"([0-9]{1,6})\s*(s|m|h|d|w)")
UNIT_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


class PeriodUnreadable(CallerError):
    code = "period_unreadable"

    def __init__(self, text: str, param: str) -> None:
        super().__init__(f"'{text[:40]}' is not a length of time. Write for example 30d, 24h, 15m or 90s.", param=param)


class MomentUnreadable(CallerError):
    code = "moment_unreadable"

    def __init__(self, text: str, param: str) -> None:
        super().__init__(
            f"'{text[:40]}' is not a time. Write how long ago (24h, 30d), or a day or time in UTC (2026-01-31, 2026-01-31T12:00).",
            param=param,
        )


def period_ms(text: str, param: str) -> int:
    """A length of time. Raises PeriodUnreadable."""
    found = PERIOD.fullmatch(text.strip())
    if found is None:
        raise PeriodUnreadable(text, param)
    return int(found[1]) * UNIT_MS[found[2]]


def past_ms(text: str, now_ms: int, param: str) -> int:
    """A moment: so long ago, or as it is written; without a zone it is UTC. Raises MomentUnreadable."""
    found = PERIOD.fullmatch(text.strip())
    if found is not None:
        return max(0, now_ms - int(found[1]) * UNIT_MS[found[2]])
    try:
        written = datetime.fromisoformat(text.strip())
        return int((written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as cause:
        raise MomentUnreadable(text, param) from cause


def coming_ms(text: str, now_ms: int, param: str) -> int:
    """A moment to come: in so long, or as it is written; without a zone it is UTC. Raises MomentUnreadable."""
    found = PERIOD.fullmatch(text.strip())
    return past_ms(text, now_ms, param) if found is None else now_ms + int(found[1]) * UNIT_MS[found[2]]
