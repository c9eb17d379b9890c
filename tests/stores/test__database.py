"""Connections and transactions."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from headgate.core.stores import StoreUnavailable
from headgate.stores import _schema
from headgate.stores._database import Database

ADD = "INSERT INTO teams VALUES ('t1', 'research', 1)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    _schema.prepare(tmp_path / "headgate.db")
    return tmp_path / "headgate.db"


def teams(database: Database) -> int:
    with database.reading() as connection:
        return int(connection.execute("SELECT COUNT(*) FROM teams").fetchone()[0])


def test_a_block_that_fails_leaves_nothing_behind(path: Path) -> None:
    database = Database(path, 1_000)
    with pytest.raises(KeyError), database.writing() as connection:
        connection.execute(ADD)
        raise KeyError
    assert teams(database) == 1
    with database.writing() as connection:
        connection.execute(ADD)
    assert teams(database) == 2
    database.close()


def test_what_is_being_written_is_not_read(path: Path) -> None:
    database = Database(path, 1_000)
    with database.writing() as connection:
        connection.execute(ADD)
        assert teams(database) == 1
    assert teams(database) == 2
    database.close()


def test_a_locked_store_is_unavailable_and_then_available(path: Path) -> None:
    database = Database(path, 10)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match=r"headgate\.db cannot be used now: database is locked"), database.writing():
        pass
    other.execute("COMMIT")
    other.close()
    with database.writing() as connection:
        connection.execute(ADD)
    database.close()


def test_a_deleted_store_is_missed_and_not_made_anew(path: Path) -> None:
    path.unlink()
    with pytest.raises(StoreUnavailable, match="unable to open"):
        teams(Database(path, 10))
    assert not path.exists()


def test_our_own_mistakes_are_not_the_stores(path: Path) -> None:
    database = Database(path, 10)
    with pytest.raises(sqlite3.IntegrityError), database.writing() as connection:
        connection.execute("INSERT INTO teams VALUES ('default', 'again', 1)")
    database.close()


def test_a_commit_outlives_a_power_cut(path: Path) -> None:
    database = Database(path, 10)
    with database.reading() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()
