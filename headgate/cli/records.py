"""`headgate records` and `headgate usage`: what was asked, and what it used and cost."""

from __future__ import annotations

from typing import Annotated

import typer

from headgate.cli import paper
from headgate.cli.keys import team_names
from headgate.cli.paper import Column
from headgate.cli.place import AsJson, ConfigFile, DataDir, opened
from headgate.clock import SystemClock
from headgate.control import figures, keys, moments, records, selection, usage, views
from headgate.control.selection import Selection
from headgate.core.record import Outcome, Settled
from headgate.core.stores import Dimension, UsageRow

Since = Annotated[str | None, typer.Option("--since", metavar="24h|DAY", help="From then on: so long ago, or a day or time in UTC.")]
Until = Annotated[str | None, typer.Option("--until", metavar="24h|DAY", help="Before then.")]

RECORD_COLUMNS = (
    Column("TIME (UTC)"),
    Column("REQUEST", whole=True),
    Column("KEY"),
    Column("MODEL"),
    Column("WENT TO"),
    Column("OUTCOME"),
    Column("STATUS", right=True),
    Column("IN", right=True),
    Column("OUT", right=True),
    Column("COST", right=True),
    Column("TIME", right=True),
)

USAGE_COLUMNS = (
    Column("REQUESTS", right=True),
    Column("ERRORS", right=True),
    Column("INPUT", right=True),
    Column("CACHED", right=True),
    Column("OUTPUT", right=True),
    Column("COST", right=True),
    Column("SHARE", right=True),
)


def list_records(  # noqa: PLR0913 - the options of a command are its parameters
    key: Annotated[str | None, typer.Option("--key", help="Only of this key, by id or name.")] = None,
    team: Annotated[str | None, typer.Option("--team", help="Only of this team, by id or name.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Only of this alias.")] = None,
    outcome: Annotated[Outcome | None, typer.Option("--outcome", help="Only those that ended so.")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option("--limit", help="How many at most.")] = 20,
    before: Annotated[str | None, typer.Option("--before", metavar="NEXT", help="The page after the one that ended with this.")] = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """The latest requests, newest first."""
    now_ms = SystemClock().now_us() // 1000
    with opened(config, data_dir) as stores:
        wanted = selection.wanted(stores, Selection(key, team, model, outcome, since), now_ms)
        page = records.page(stores, wanted, limit, before)
        names = {row.id: row.name for row in keys.every(stores)}
    if json:
        paper.as_json({"records": [views.record(record) for record in page.records], "next": page.next})
    elif page.records:
        paper.table(RECORD_COLUMNS, [_record_cells(record, names) for record in page.records])
        if page.next is not None:
            paper.lines("", f"There are older ones: add --before {page.next}")
    else:
        paper.lines("No request was recorded that fits.")


def show_usage(
    by: Annotated[Dimension, typer.Option("--by", help="What to sum by.")],
    since: Since = None,
    until: Until = None,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """What was used and what it cost, exact to the nano-dollar."""
    now_ms = SystemClock().now_us() // 1000
    since_ms = 0 if since is None else moments.past_ms(since, now_ms, "since")
    until_ms = usage.FOR_EVER_MS if until is None else moments.past_ms(until, now_ms, "until")
    with opened(config, data_dir) as stores:
        rows = usage.by(stores, by, since_ms, until_ms)
        names = team_names(stores)
    total = sum(row.cost_nano for row in rows)
    if json:
        found = [views.usage(row) for row in rows]
        paper.as_json({"by": by, "usage": found, "cost_nano": total, "cost_usd": figures.dollars(total)})
        return
    if not rows:
        paper.lines("No request was recorded in that time.")
        return
    paper.table((Column(by.upper()), *USAGE_COLUMNS), [*(_usage_cells(row, total, names) for row in rows), _sums(rows, total)])


def _record_cells(record: Settled, names: dict[str, str]) -> tuple[str | paper.Text, ...]:
    return (
        figures.moment(record.at_us),
        record.id,
        names.get(record.key_id or "", figures.ABSENT),
        record.alias or figures.ABSENT,
        record.deployment or figures.ABSENT,
        paper.state(record.outcome),
        str(record.status_code or figures.ABSENT),
        figures.count(record.usage.prompt),
        figures.count(record.usage.completion),
        figures.money(record.cost_nano),
        figures.duration(record.total_us),
    )


def _usage_cells(row: UsageRow, total: int, names: dict[str, str]) -> tuple[str, ...]:
    cost = figures.money(row.cost_nano) + (f" + {row.unpriced} unpriced" if row.unpriced else "")
    return (
        row.name or names.get(row.value or "") or row.value or "(none)",
        figures.count(row.requests),
        figures.count(row.errors),
        figures.count(row.usage.prompt),
        figures.count(row.usage.cache_read),
        figures.count(row.usage.completion),
        cost,
        figures.share(row.cost_nano, total),
    )


def _sums(rows: list[UsageRow], total: int) -> tuple[paper.Text, ...]:
    numbers = (
        sum(row.requests for row in rows),
        sum(row.errors for row in rows),
        sum(row.usage.prompt for row in rows),
        sum(row.usage.cache_read for row in rows),
        sum(row.usage.completion for row in rows),
    )
    cells = ("total", *(figures.count(number) for number in numbers), figures.money(total), "")
    return tuple(paper.Text(cell, style="bold") for cell in cells)
