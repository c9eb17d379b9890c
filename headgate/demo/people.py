"""The demo's teams and keys, made on the first run and found again on the next."""

from __future__ import annotations

import os
from dataclasses import dataclass

from headgate.control import keys, teams
from headgate.control.keys import NewKey
from headgate.core.ports import Clock
from headgate.core.stores import DEFAULT_TEAM, KeyRow, Stores

TEAMS = ("Website", "Support", "Data")

CALLERS = (
    NewKey("website chat", "Website"),
    NewKey("website search", "Website", models=frozenset({"fast", "embeddings"})),
    NewKey("helpdesk agent", "Support"),
    NewKey("notebooks", "Data"),
    NewKey("nightly batch", "Data", models=frozenset({"fast", "embeddings"})),
)

TRY_ME = NewKey("try me", DEFAULT_TEAM)


@dataclass(frozen=True, slots=True)
class People:
    callers: list[tuple[KeyRow, str]]
    """Each key and the whole of it."""
    try_me: str
    admin: str
    first_run: bool


def gather(stores: Stores, clock: Clock) -> People:
    """All keys with a secret that is good now: nobody keeps the one that the last run showed."""
    known = {row.name: row for row in keys.every(stores) if row.revoked_at_ms is None}
    for name in TEAMS:
        if stores.teams.find(name) is None:
            teams.create(stores, clock, os.urandom, name)
    admin = keys.bootstrap_admin(stores, clock, os.urandom)
    return People(
        callers=[_whole(stores, clock, new, known) for new in CALLERS],
        try_me=_whole(stores, clock, TRY_ME, known)[1],
        admin=admin or _whole(stores, clock, NewKey(keys.FIRST_ADMIN, role="admin"), known)[1],
        first_run=TRY_ME.name not in known,
    )


def _whole(stores: Stores, clock: Clock, new: NewKey, known: dict[str, KeyRow]) -> tuple[KeyRow, str]:
    row = known.get(new.name)
    return keys.create(stores, clock, os.urandom, new) if row is None else keys.rotate(stores, clock, os.urandom, row.id, 0)
