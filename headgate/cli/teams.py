"""`headgate teams`: what keys belong to."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from headgate.cli import paper
from headgate.cli.paper import Column
from headgate.cli.place import AsJson, ConfigFile, DataDir, opened
from headgate.clock import SystemClock
from headgate.control import figures, teams, views

commands = typer.Typer(help="Teams: what keys belong to and usage is summed by.", no_args_is_help=True)


@commands.command("create")
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people call the team.")],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Make a team."""
    with opened(config, data_dir, make=True) as stores:
        team = teams.create(stores, SystemClock(), os.urandom, name)
    if json:
        paper.as_json(views.team(team))
    else:
        paper.lines(paper.plain(f"The team {team.name} has the id {team.id}."))


@commands.command("list")
def list_teams(config: ConfigFile = None, data_dir: DataDir = None, json: AsJson = False) -> None:
    """All teams."""
    now_us = SystemClock().now_us()
    with opened(config, data_dir) as stores:
        rows = teams.every(stores)
    if json:
        paper.as_json({"teams": [views.team(row) for row in rows]})
    else:
        cells = [(row.id, row.name, figures.age(row.created_at_ms * 1000, now_us)) for row in rows]
        paper.table((Column("ID", whole=True), Column("NAME"), Column("CREATED")), cells)
