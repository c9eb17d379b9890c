"""Which records somebody wants to see."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.control import keys, selection
from headgate.control.keys import NewKey
from headgate.control.refusals import KeyUnknown
from headgate.control.selection import Selection
from headgate.core.stores import Wanted
from tests.support.ledger import SetClock, dice, store


def test_a_key_is_named_by_id_by_name_or_by_all_of_it(tmp_path: Path) -> None:
    stores, clock = store(tmp_path), SetClock()
    row, whole = keys.create(stores, clock, dice(1), NewKey("app"))
    for named in (row.id, "app", whole):
        assert selection.wanted(stores, Selection(key=named, team="default", since="1h"), clock.ms) == Wanted(
            key_id=row.id, team_id="default", since_us=clock.us - 3_600_000_000
        )


def test_a_refusal_of_a_whole_key_does_not_repeat_its_secret(tmp_path: Path) -> None:
    with pytest.raises(KeyUnknown) as refusal:
        selection.key_id(store(tmp_path), "hg-nobody-verysecret")
    assert "verysecret" not in refusal.value.message


def test_of_two_keys_with_one_name_the_newest_is_meant(tmp_path: Path) -> None:
    stores, clock = store(tmp_path), SetClock()
    first, _ = keys.create(stores, clock, dice(1), NewKey("app"))
    keys.revoke(stores, clock, first.id)
    clock.pass_ms(1)
    second, _ = keys.create(stores, clock, dice(2), NewKey("app"))
    assert selection.key_id(stores, "app") == second.id
