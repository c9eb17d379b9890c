"""Teams."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.control import teams
from headgate.control.refusals import NameInvalid, NameTaken, TeamUnknown
from headgate.core.stores import Stores
from tests.support import ledger
from tests.support.ledger import SetClock, dice


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = ledger.store(tmp_path)
    yield opened
    opened.close()


def test_a_team_is_found_by_id_and_by_name(stores: Stores) -> None:
    made = teams.create(stores, SetClock(), dice(), " research ")
    assert (made.name, made.created_at_ms) == ("research", ledger.NOON_US // 1000)
    assert teams.find(stores, made.id) == teams.find(stores, "research") == made
    assert {team.name for team in teams.every(stores)} == {"default", "research"}


def test_no_two_teams_can_be_taken_for_each_other(stores: Stores) -> None:
    randomness = dice()
    made = teams.create(stores, SetClock(), randomness, "research")
    for name in ("research", " research", made.id, "default"):
        with pytest.raises(NameTaken, match="in use by another team"):
            teams.create(stores, SetClock(), randomness, name)


def test_a_name_must_be_one(stores: Stores) -> None:
    with pytest.raises(NameInvalid):
        teams.create(stores, SetClock(), dice(), "")


def test_an_unknown_team_is_named(stores: Stores) -> None:
    with pytest.raises(TeamUnknown, match="no team called 'sales'"):
        teams.find(stores, "sales")
