"""The numbers of the overview page, read from the store in one go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from headgate.control import figures, keys, records, teams, usage
from headgate.core.record import Settled
from headgate.core.stores import Stores, UsageRow, Wanted

PERIODS = {"24h": "24 hours", "today": "Today", "7d": "7 days", "30d": "30 days"}
DEFAULT_PERIOD = "24h"

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS

DAYS_SHOWN = 14
LATEST = 15
TIMED = 1_000
"""How many of the newest requests the percentiles are of."""
ROWS = 8


@dataclass(frozen=True, slots=True)
class Totals:
    requests: int
    errors: int
    prompt: int
    completion: int
    cost_nano: int
    unpriced: int


@dataclass(frozen=True, slots=True)
class Share:
    """A row of a table with a bar."""

    name: str
    requests: int
    errors: int
    tokens: int
    cost_nano: int
    permille: int
    """The bar's length, of the longest one."""


@dataclass(frozen=True, slots=True)
class Day:
    day: str
    cost_nano: int
    requests: int
    permille: int


@dataclass(frozen=True, slots=True)
class Overview:
    period: str
    totals: Totals
    p50_us: int | None
    p95_us: int | None
    teams: list[Share]
    models: list[Share]
    days: list[Day]
    latest: list[Settled]
    key_names: dict[str, str]
    callers: int
    """Keys that can call, whoever made them."""


def read(stores: Stores, now_us: int, period: str) -> Overview:
    """The overview of a period in PERIODS."""
    now_ms = now_us // 1000
    since_ms = start_ms(period, now_ms)
    by_team = usage.by(stores, "team", since_ms)
    names = {team.id: team.name for team in teams.every(stores)}
    every_key = keys.every(stores)
    answered = records.page(stores, Wanted(outcome="ok", since_us=since_ms * 1000), TIMED).records
    times_us = [record.total_us for record in answered if record.attempts]
    return Overview(
        period=period,
        totals=totals(by_team),
        p50_us=figures.percentile(times_us, 50),
        p95_us=figures.percentile(times_us, 95),
        teams=shares(by_team, names, "without a key"),
        models=shares(usage.by(stores, "alias", since_ms), {}, "no model"),
        days=days(usage.by(stores, "day", now_ms - DAYS_SHOWN * DAY_MS), now_ms),
        latest=records.page(stores, limit=LATEST).records,
        key_names={row.id: row.name for row in every_key},
        callers=sum(row.role == "caller" for row in every_key),
    )


def start_ms(period: str, now_ms: int) -> int:
    lengths = {"24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS, "today": now_ms % DAY_MS}
    return now_ms - lengths[period]


def totals(rows: list[UsageRow]) -> Totals:
    return Totals(
        requests=sum(row.requests for row in rows),
        errors=sum(row.errors for row in rows),
        prompt=sum(row.usage.prompt for row in rows),
        completion=sum(row.usage.completion for row in rows),
        cost_nano=sum(row.cost_nano for row in rows),
        unpriced=sum(row.unpriced for row in rows),
    )


def shares(rows: list[UsageRow], names: dict[str, str], nobody: str) -> list[Share]:
    """The most expensive rows, and the others as one."""
    found = [_share(row, row.name or names.get(row.value or "") or row.value or nobody) for row in rows]
    shown, rest = (found, []) if len(found) <= ROWS else (found[: ROWS - 1], found[ROWS - 1 :])
    if rest:
        sums = (sum(row.requests for row in rest), sum(row.errors for row in rest), sum(row.tokens for row in rest))
        shown.append(Share(f"{len(rest)} others", *sums, sum(row.cost_nano for row in rest), 0))
    longest = max((row.cost_nano for row in shown), default=0) or 1
    return [Share(row.name, row.requests, row.errors, row.tokens, row.cost_nano, 1000 * row.cost_nano // longest) for row in shown]


def days(rows: list[UsageRow], now_ms: int) -> list[Day]:
    """One entry for each of the last days, the empty ones too."""
    known = {row.value: row for row in rows}
    longest = max((row.cost_nano for row in rows), default=0) or 1
    today = datetime.fromtimestamp(now_ms / 1000, UTC).date()
    found: list[Day] = []
    for back in range(DAYS_SHOWN - 1, -1, -1):
        day = (today - timedelta(days=back)).isoformat()
        row = known.get(day)
        cost = row.cost_nano if row else 0
        found.append(Day(day, cost, row.requests if row else 0, 1000 * cost // longest))
    return found


def _share(row: UsageRow, name: str) -> Share:
    return Share(name, row.requests, row.errors, row.usage.prompt + row.usage.completion, row.cost_nano, 0)
