"""The snapshot."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.control import access, keys
from headgate.control.keys import NewKey
from headgate.core.access import Access
from headgate.core.stores import Stores
from headgate.stores import sqlite
from tests.support import ledger
from tests.support.ledger import SetClock, dice


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = ledger.store(tmp_path)
    yield opened
    opened.close()


def test_the_version_moves_with_every_change_and_only_then(stores: Stores) -> None:
    clock, randomness = SetClock(), dice()
    versions = [access.version(stores)]
    row, _ = keys.create(stores, clock, randomness, NewKey("ci"))
    versions.append(access.version(stores))
    keys.rotate(stores, clock, randomness, row.id, 0)
    versions.append(access.version(stores))
    keys.revoke(stores, clock, row.id)
    versions.append(access.version(stores))
    assert len(set(versions)) == 4
    assert access.version(stores) == versions[-1] == access.load(stores).version


def test_another_process_change_is_seen(stores: Stores, tmp_path: Path) -> None:
    known = access.load(stores)
    command_line = ledger.store(tmp_path)
    row, _ = keys.create(command_line, SetClock(), dice(), NewKey("ci"))
    command_line.close()
    assert access.version(stores) != known.version
    assert row.id in access.load(stores).keys


def test_a_newer_snapshot_is_the_same_whether_made_anew_or_from_the_last(stores: Stores) -> None:
    clock, randomness = SetClock(), dice()
    rows = [keys.create(stores, clock, randomness, NewKey(f"key {number}", models=frozenset({"smart"})))[0] for number in range(5)]
    known = access.load(stores)
    keys.revoke(stores, clock, rows[2].id)
    keys.create(stores, clock, randomness, NewKey("one more"))
    newer = access.load(stores, known)
    assert newer == access.load(stores)
    assert len(newer.keys) == 6
    assert newer.keys[rows[0].id] is known.keys[rows[0].id]
    assert not known.keys[rows[2].id].revoked
    assert access.load(stores, newer) is newer


def test_a_store_put_back_from_a_backup_is_read_anew(stores: Stores) -> None:
    row, _ = keys.create(stores, SetClock(), dice(), NewKey("ci"))
    known = Access(1_000, {"gone": access.load(stores).keys[row.id]})
    assert access.load(stores, known) == access.load(stores)


def test_a_hundred_thousand_keys_share_their_lists_of_models(stores: Stores, tmp_path: Path) -> None:
    filling = sqlite3.connect(tmp_path / sqlite.FILE_NAME)
    filling.executemany(
        "INSERT INTO keys (id, name, team_id, created_at_ms, role, models, digest, access_version) VALUES (?, ?, ?, 1, ?, ?, ?, 1)",
        (
            (f"{number:012}", f"key {number}", "default", "caller", '["fast", "smart"]', number.to_bytes(32, "big"))
            for number in range(100_000)
        ),
    )
    filling.commit()
    filling.close()
    loaded = access.load(stores)
    assert len(loaded.keys) == 100_000
    assert len({id(key.models) for key in loaded.keys.values()}) == 1
    assert loaded.keys["000000099999"].digest == (99_999).to_bytes(32, "big")
