"""Alembic's way to the newest schema."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from headgate.core.stores import SchemaTooNew
from headgate.stores import _schema
from headgate.stores.migrations import upgrade


def shape(path: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").fetchall()
        return [(name, " ".join(sql.replace("(", " ( ").replace(")", " ) ").split())) for name, sql in found]


def rows(path: Path, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()


def test_migrating_an_empty_store_gives_what_preparing_one_gives(tmp_path: Path) -> None:
    upgrade.migrate(f"sqlite:///{tmp_path}/a.db")
    _schema.prepare(tmp_path / "b.db")
    assert shape(tmp_path / "a.db") == shape(tmp_path / "b.db")
    for table in ("alembic_version", "meta"):
        assert rows(tmp_path / "a.db", table) == rows(tmp_path / "b.db", table)


def test_migrating_twice_changes_nothing(tmp_path: Path) -> None:
    upgrade.migrate(f"sqlite:///{tmp_path}/a.db")
    before = (tmp_path / "a.db").read_bytes()
    upgrade.migrate(f"sqlite:///{tmp_path}/a.db")
    assert (tmp_path / "a.db").read_bytes() == before


def test_two_at_once_migrate_once(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def migrate() -> None:
        try:
            upgrade.migrate(f"sqlite:///{tmp_path}/a.db")
        except BaseException as failure:
            failures.append(failure)
            raise

    threads = [threading.Thread(target=migrate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert rows(tmp_path / "a.db", "alembic_version") == [(_schema.HEAD,)]


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    upgrade.migrate(f"sqlite:///{tmp_path}/a.db")
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match="schema 9999"):
        upgrade.migrate(f"sqlite:///{tmp_path}/a.db")


def test_the_command_says_in_one_line_why_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
        connection.execute(_schema.MAKE_VERSION_TABLE)
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    assert upgrade.main([f"sqlite:///{tmp_path}/a.db"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_every_revision_has_its_script_and_the_last_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_current_head() == _schema.HEAD
    assert {script.revision for script in scripts.walk_revisions()} == set(_schema.SCRIPTS)
