"""The numbers of the overview."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from headgate.admin import overview
from headgate.core.stores import UsageRow
from headgate.core.usage import Usage
from tests.support.ledger import NOON_US
from tests.support.office import Office, open_office, priced

HOUR_US = 3_600_000_000


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = open_office(tmp_path)
    office.records(
        priced("today", NOON_US - HOUR_US),
        replace(priced("yesterday", NOON_US - 13 * HOUR_US), outcome="truncated", total_us=9_000),
        priced("last week", NOON_US - 100 * HOUR_US),
    )
    return office


@pytest.mark.parametrize(("period", "requests"), [("today", 1), ("24h", 2), ("7d", 3), ("30d", 3)])
def test_a_period_is_what_it_says(office: Office, period: str, requests: int) -> None:
    seen = overview.read(office.stores, NOON_US, period)
    assert seen.totals.requests == requests
    assert seen.totals.cost_nano == requests * 409_000
    assert seen.totals.prompt == requests * 150


def test_failures_are_counted_and_only_whole_answers_are_timed(office: Office) -> None:
    seen = overview.read(office.stores, NOON_US, "24h")
    assert seen.totals.errors == 1
    assert (seen.p50_us, seen.p95_us) == (2_000, 2_000)


def test_empty_days_are_shown_too(office: Office) -> None:
    days = overview.read(office.stores, NOON_US, "24h").days
    assert len(days) == overview.DAYS_SHOWN
    assert [(day.day, day.permille) for day in days[-2:]] == [("2025-12-31", 1000), ("2026-01-01", 1000)]
    assert days[0].requests == 0


def test_an_empty_store_is_all_zeros(tmp_path: Path) -> None:
    seen = overview.read(open_office(tmp_path).stores, NOON_US, "24h")
    assert (seen.totals.requests, seen.p50_us, seen.latest, seen.teams) == (0, None, [], [])


def test_many_rows_end_in_the_sum_of_the_others() -> None:
    rows = [UsageRow(f"m{number}", None, 1, 0, Usage(input=1), 1_000 - number, 0) for number in range(20)]
    shown = overview.shares(rows, {}, "none")
    assert len(shown) == overview.ROWS
    assert (shown[0].name, shown[0].permille) == ("m0", 77)
    assert (shown[-1].name, shown[-1].requests) == ("13 others", 13)
    assert sum(row.cost_nano for row in shown) == sum(row.cost_nano for row in rows)
