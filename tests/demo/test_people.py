"""The demo's teams and keys."""

from __future__ import annotations

from pathlib import Path

from headgate.control import keys
from headgate.demo import people
from tests.support.ledger import SetClock, store


def test_a_second_run_finds_the_same_keys_with_new_secrets(tmp_path: Path) -> None:
    stores, clock = store(tmp_path), SetClock()
    first, second = people.gather(stores, clock), people.gather(stores, clock)
    assert (first.first_run, second.first_run) == (True, False)
    assert [row.id for row, _ in first.callers] == [row.id for row, _ in second.callers]
    assert {first.try_me, first.admin}.isdisjoint({second.try_me, second.admin})
    assert len(keys.every(stores)) == len(people.CALLERS) + 2
    assert [row.role for row in keys.every(stores)].count("admin") == 1


def test_a_revoked_key_is_replaced(tmp_path: Path) -> None:
    stores, clock = store(tmp_path), SetClock()
    row, _ = people.gather(stores, clock).callers[0]
    keys.revoke(stores, clock, row.id)
    again, _ = people.gather(stores, clock).callers[0]
    assert (again.name, again.id != row.id) == (row.name, True)
