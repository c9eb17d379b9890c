"""Teams: what keys belong to, and what usage is summed by."""

from __future__ import annotations

from headgate.control import names, secrets
from headgate.control.refusals import NameTaken, TeamUnknown
from headgate.control.secrets import Randomness
from headgate.core.ports import Clock
from headgate.core.stores import Stores, Team


def create(stores: Stores, clock: Clock, randomness: Randomness, name: str) -> Team:
    team = Team(id=secrets.new_id(randomness), name=names.check(name), created_at_ms=clock.now_us() // 1000)
    # A team that has another's id for a name could not be told from it.
    if stores.teams.find(team.name) is not None or not stores.teams.add(team):
        raise NameTaken(team.name, "by another team")
    return team


def every(stores: Stores) -> list[Team]:
    """All teams, oldest first."""
    return stores.teams.rows()


def find(stores: Stores, id_or_name: str) -> Team:
    team = stores.teams.find(id_or_name)
    if team is None:
        raise TeamUnknown(id_or_name)
    return team
