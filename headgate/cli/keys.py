"""`headgate keys`: virtual keys, made, shown, rotated, revoked."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from headgate.cli import failures, paper
from headgate.cli.paper import Column
from headgate.cli.place import AsJson, ConfigFile, DataDir, opened
from headgate.clock import SystemClock
from headgate.config import load
from headgate.control import figures, keys, moments, teams, views
from headgate.control.selection import public_id
from headgate.core.stores import DEFAULT_TEAM, KeyRow, Stores

commands = typer.Typer(help="Virtual keys: who may call.", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The public id: the middle part of hg-<id>-<secret>.")]

COLUMNS = (
    Column("ID", whole=True),
    Column("NAME"),
    Column("TEAM"),
    Column("ROLE"),
    Column("STATE"),
    Column("MODELS"),
    Column("CREATED"),
    Column("EXPIRES"),
)


@commands.command("create")
def create(  # noqa: PLR0913 - the options of a command are its parameters
    name: Annotated[str, typer.Option("--name", help="What the key is for.")],
    team: Annotated[str, typer.Option("--team", help="The team it belongs to, by name or id.")] = DEFAULT_TEAM,
    models: Annotated[str | None, typer.Option("--models", metavar="A,B", help="Aliases it may use; all, where left out.")] = None,
    expires: Annotated[str | None, typer.Option("--expires", metavar="30d", help="When it ends: in so long, or a day in UTC.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="It opens the console and the admin API.")] = False,
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Make a key and show it, once."""
    clock, known = SystemClock(), load.aliases(config, load.environment())
    new = keys.NewKey(
        name=name,
        team=team,
        role="admin" if admin else "caller",
        models=None if models is None else frozenset(each.strip() for each in models.split(",") if each.strip()),
        expires_at_ms=None if expires is None else moments.coming_ms(expires, clock.now_us() // 1000, "expires"),
    )
    with opened(config, data_dir, make=True) as stores:
        row, whole = keys.create(stores, clock, os.urandom, new)
        _show_new(row, whole, stores, known, json)


@commands.command("list")
def list_keys(config: ConfigFile = None, data_dir: DataDir = None, json: AsJson = False) -> None:
    """All keys, the revoked and expired ones too."""
    now_ms = _now_ms()
    with opened(config, data_dir) as stores:
        rows = keys.every(stores)
        names = team_names(stores)
    if json:
        paper.as_json({"keys": [views.key(row, now_ms) for row in rows]})
    elif rows:
        paper.table(COLUMNS, [_cells(row, names, now_ms) for row in rows])
    else:
        paper.lines("There are no keys yet. Make one: headgate keys create --name my-app")


@commands.command("show")
def show(id: Id, config: ConfigFile = None, data_dir: DataDir = None, json: AsJson = False) -> None:
    """One key, without its secret, which nobody has but its owner."""
    with opened(config, data_dir) as stores:
        _show(keys.show(stores, public_id(id)), stores, json)


@commands.command("rotate")
def rotate(
    id: Id,
    grace: Annotated[str, typer.Option("--grace", metavar="24h", help="How long the old secret stays good.")] = "24h",
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Give a key a new secret and show it, once."""
    grace_ms, known = moments.period_ms(grace, "grace"), load.aliases(config, load.environment())
    with opened(config, data_dir) as stores:
        row, whole = keys.rotate(stores, SystemClock(), os.urandom, public_id(id), grace_ms)
        _show_new(row, whole, stores, known, json)


@commands.command("revoke")
def revoke(id: Id, config: ConfigFile = None, data_dir: DataDir = None, json: AsJson = False) -> None:
    """End a key, for good. A running server refuses it within a second."""
    with opened(config, data_dir) as stores:
        row = keys.revoke(stores, SystemClock(), public_id(id))
    if json:
        paper.as_json(views.key(row, _now_ms()))
    else:
        paper.lines(paper.plain(f"The key {row.id} ({row.name}) is revoked."))


def team_names(stores: Stores) -> dict[str, str]:
    return {team.id: team.name for team in teams.every(stores)}


def _show_new(row: KeyRow, whole: str, stores: Stores, known: frozenset[str] | None, json: bool) -> None:
    warnings = _warnings(row, known)
    if json:
        paper.as_json(views.key(row, _now_ms()) | {"key": whole, "warnings": warnings})
    else:
        _show(row, stores, json=False)
        paper.lines("", whole, "", "This is the only time the key is shown. Only its digest is kept.")
    for warning in warnings:
        failures.warn(warning)


def _warnings(row: KeyRow, known: frozenset[str] | None) -> list[str]:
    """What is allowed, but likely to be a mistake: models that the configuration does not have."""
    if row.models is None or known is None:
        return []
    has = f"It has: {', '.join(sorted(known))}." if known else "It has none."
    return [f"The configuration has no model '{alias}', so the key cannot call it now. {has}" for alias in sorted(row.models - known)]


def _show(row: KeyRow, stores: Stores, json: bool) -> None:
    now_ms = _now_ms()
    if json:
        paper.as_json(views.key(row, now_ms))
        return
    facts = zip(COLUMNS, _cells(row, team_names(stores), now_ms), strict=True)
    paper.table((Column(""), Column("", whole=True)), [(column.name.lower(), cell) for column, cell in facts])


def _cells(row: KeyRow, names: dict[str, str], now_ms: int) -> tuple[str | paper.Text, ...]:
    return (
        row.id,
        row.name,
        names.get(row.team_id, row.team_id),
        row.role,
        paper.state(views.state(row, now_ms)),
        "all" if row.models is None else ", ".join(sorted(row.models)),
        figures.age(row.created_at_ms * 1000, now_ms * 1000),
        "never" if row.expires_at_ms is None else figures.age(row.expires_at_ms * 1000, now_ms * 1000),
    )


def _now_ms() -> int:
    return SystemClock().now_us() // 1000
