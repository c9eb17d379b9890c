"""Which records somebody wants to see, from words: keys and teams by id or name, times as people write them."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.control import keys, moments, teams
from headgate.control.refusals import KeyUnknown
from headgate.control.secrets import PREFIX
from headgate.core.record import Outcome
from headgate.core.stores import Stores, Wanted


@dataclass(frozen=True, slots=True)
class Selection:
    """None means any."""

    key: str | None = None
    """An id, a whole key or a name."""
    team: str | None = None
    """An id or a name."""
    model: str | None = None
    """An alias."""
    outcome: Outcome | None = None
    since: str | None = None


def wanted(stores: Stores, selection: Selection, now_ms: int) -> Wanted:
    """Raises KeyUnknown, TeamUnknown, MomentUnreadable."""
    return Wanted(
        key_id=None if selection.key is None else key_id(stores, selection.key),
        team_id=None if selection.team is None else teams.find(stores, selection.team).id,
        alias=selection.model,
        outcome=selection.outcome,
        since_us=None if selection.since is None else moments.past_ms(selection.since, now_ms, "since") * 1000,
    )


def key_id(stores: Stores, named: str) -> str:
    """The id of a key; of those with one name, the newest. Raises KeyUnknown."""
    id = public_id(named)
    rows = keys.every(stores)
    found = [row.id for row in rows if row.id == id] or [row.id for row in rows if row.name == named][-1:]
    if not found:
        raise KeyUnknown(id)
    return found[0]


def public_id(given: str) -> str:
    """The id, also where somebody pasted the whole key."""
    return given.split("-")[1] if given.startswith(f"{PREFIX}-") and given.count("-") == 2 else given
