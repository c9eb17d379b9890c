"""Times as people write them."""

from __future__ import annotations

import pytest

from headgate.control import moments
from headgate.control.moments import MomentUnreadable, PeriodUnreadable

NOW_MS = 1_767_268_800_000


@pytest.mark.parametrize(
    ("text", "ms"), [("90s", 90_000), ("15m", 900_000), ("24h", 86_400_000), (" 30d ", 2_592_000_000), ("2w", 1_209_600_000)]
)
def test_a_period_is_a_number_and_a_unit(text: str, ms: int) -> None:
    assert moments.period_ms(text, "grace") == ms


@pytest.mark.parametrize("text", ["", "24", "h", "1.5h", "-1h", "1y", "1h30m", "99999999d"])
def test_anything_else_is_no_period(text: str) -> None:
    with pytest.raises(PeriodUnreadable, match="Write for example 30d"):
        moments.period_ms(text, "grace")


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("24h", NOW_MS - 86_400_000),
        ("2026-01-01", NOW_MS - 43_200_000),
        ("2026-01-01T12:00", NOW_MS),
        ("2026-01-01T13:00+01:00", NOW_MS),
        ("2026-01-01T12:00:00Z", NOW_MS),
        ("999999d", 0),
    ],
)
def test_a_moment_is_so_long_ago_or_as_written_in_utc(text: str, ms: int) -> None:
    assert moments.past_ms(text, NOW_MS, "since") == ms


def test_a_moment_to_come_is_in_so_long_or_as_written() -> None:
    assert moments.coming_ms("1h", NOW_MS, "expires") == NOW_MS + 3_600_000
    assert moments.coming_ms("2026-01-01T13:00", NOW_MS, "expires") == NOW_MS + 3_600_000


def test_what_is_no_moment_is_refused_by_name() -> None:
    with pytest.raises(MomentUnreadable, match="'tomorrow' is not a time") as refusal:
        moments.past_ms("tomorrow", NOW_MS, "since")
    assert refusal.value.param == "since"
