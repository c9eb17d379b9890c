"""Numbers and times as people read them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.control import figures


@pytest.mark.parametrize(
    ("nano", "text"),
    [
        (None, "unknown"),
        (0, "$0"),
        (360, "$0.00000036"),
        (45_000, "$0.000045"),
        (12_340_000, "$0.0123"),
        (1_000_000_000, "$1.00"),
        (1_234_560_000_000, "$1,234.56"),
        (-12_340_000, "-$0.0123"),
    ],
)
def test_money_has_as_many_places_as_matter(nano: int | None, text: str) -> None:
    assert figures.money(nano) == text


@pytest.mark.parametrize(("nano_per_1000", "text"), [(2_000_000, "$2.00"), (75_000, "$0.075"), (400_000, "$0.40"), (0, "$0.00")])
def test_a_rate_is_exact_and_in_cents_at_least(nano_per_1000: int, text: str) -> None:
    assert figures.rate(nano_per_1000) == text


@pytest.mark.parametrize(("number", "text"), [(999, "999"), (1_000, "1.00k"), (12_345, "12.3k"), (123_456, "123k"), (4_560_000, "4.56M")])
def test_a_large_number_takes_few_characters(number: int, text: str) -> None:
    assert figures.short(number) == text


@pytest.mark.parametrize(
    ("us", "text"),
    [(None, "–"), (420, "0.42 ms"), (12_340, "12.3 ms"), (812_000, "812 ms"), (1_240_000, "1.24 s"), (123_000_000, "2 min 03 s")],
)
def test_a_duration_names_its_unit(us: int | None, text: str) -> None:
    assert figures.duration(us) == text


def test_moments_are_utc() -> None:
    assert figures.moment(1_767_268_805_123_456) == "2026-01-01 12:00:05"
    assert figures.iso(1_767_268_805_123_456) == "2026-01-01T12:00:05.123Z"
    assert figures.iso(None) is None


@pytest.mark.parametrize(
    ("distance_s", "text"),
    [(0, "just now"), (5, "5 s ago"), (65, "1 min ago"), (7_300, "2 h ago"), (86_400, "1 day ago"), (-3 * 86_400, "in 3 days")],
)
def test_an_age_says_past_or_future(distance_s: int, text: str) -> None:
    assert figures.age(10**15 - distance_s * 1_000_000, 10**15) == text


def test_a_share_of_nothing_is_absent() -> None:
    assert figures.share(1, 8) == "12.5 %"
    assert figures.share(0, 0) == "–"


@given(st.lists(st.integers(0, 1_000), min_size=1), st.integers(1, 100))
def test_a_percentile_is_not_exceeded_by_that_many(values: list[int], percent: int) -> None:
    found = figures.percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) * 100 >= percent * len(values)


def test_there_is_no_percentile_of_nothing() -> None:
    assert figures.percentile([], 50) is None
