"""Numbers and times as people read them: the same on the command line and in the console."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from headgate.core.money import NANO_PER_DOLLAR, dollars

ABSENT = "–"

UNITS = ((86_400_000_000, "day"), (3_600_000_000, "h"), (60_000_000, "min"), (1_000_000, "s"))


def money(nano: int | None) -> str:
    """Dollars to as many places as matter: $1,234.56, $0.0123, $0.000045. Unknown is not free."""
    if nano is None:
        return "unknown"
    value, sign = abs(nano), "-" if nano < 0 else ""
    if value == 0:
        return "$0"
    if value >= NANO_PER_DOLLAR:
        return f"{sign}${value / NANO_PER_DOLLAR:,.2f}"
    places = 4 if value >= NANO_PER_DOLLAR // 100 else 6
    if value < 1_000:
        return f"{sign}${dollars(value)}"
    return f"{sign}${value / NANO_PER_DOLLAR:.{places}f}"


def rate(nano_per_1000: int) -> str:
    """A price of 1,000 units as dollars per million of them, exact and in cents at least: $2.00, $0.075."""
    whole, _, rest = dollars(nano_per_1000 * 1_000).partition(".")
    return f"${whole}.{rest:0<2}"


def count(number: int) -> str:
    return f"{number:,}"


def short(number: int) -> str:
    """A large number in few characters: 999, 12.3k, 4.56M."""
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if number >= size:
            scaled = number / size
            return f"{scaled:.{2 if scaled < 10 else 1 if scaled < 100 else 0}f}{letter}"
    return str(number)


def duration(us: int | None) -> str:
    """0.42 ms, 12.3 ms, 812 ms, 1.24 s, 2 min 03 s."""
    if us is None:
        return ABSENT
    ms = us / 1000
    if ms < 100:
        return f"{ms:.{2 if ms < 1 else 1}f} ms"
    if ms < 1_000:
        return f"{ms:.0f} ms"
    seconds = ms / 1000
    return f"{seconds:.2f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def moment(us: int | None) -> str:
    """2026-01-31 12:00:05, in UTC."""
    return ABSENT if us is None else datetime.fromtimestamp(us / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def iso(us: int | None) -> str | None:
    """2026-01-31T12:00:05.123Z"""
    if us is None:
        return None
    return datetime.fromtimestamp(us // 1000 / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def age(us: int, now_us: int) -> str:
    """How long ago, or in how long: 5 s ago, 3 days ago, in 2 h."""
    distance = abs(now_us - us)
    for size, unit in UNITS:
        if distance >= size:
            number = distance // size
            words = f"{number} {unit}{'s' if unit == 'day' and number > 1 else ''}"
            return f"{words} ago" if us <= now_us else f"in {words}"
    return "just now"


def share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else ABSENT


def percentile(values: Sequence[int], percent: int) -> int | None:
    """The smallest value that at least `percent` of a hundred of them do not exceed; None where there are none."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
