"""Making a store, and knowing one that is not ours to touch."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from headgate.core.errors import ConfigError
from headgate.core.stores import SchemaTooNew
from headgate.stores import _schema


def change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def shape(path: Path) -> dict[str, str | None]:
    with closing(sqlite3.connect(path)) as connection:
        return dict(connection.execute("SELECT name, sql FROM sqlite_master").fetchall())


def test_an_empty_directory_gets_a_store_only_its_owner_can_read(tmp_path: Path) -> None:
    path = tmp_path / "new" / "headgate.db"
    _schema.prepare(path)
    assert {"teams", "keys", "requests", "attempts", "admissions", "positions", "meta"} <= shape(path).keys()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    _schema.prepare(path)
    change(path, "INSERT INTO teams VALUES ('t1', 'research', 1)")
    before = path.read_bytes()
    _schema.prepare(path)
    assert path.read_bytes() == before


def test_many_at_once_make_it_once(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    together = threading.Barrier(6)

    def prepare() -> None:
        together.wait()
        _schema.prepare(path)

    with ThreadPoolExecutor(6) as pool:
        for done in [pool.submit(prepare) for _ in range(6)]:
            done.result()
    assert "teams" in shape(path)


def test_nobody_else_prepares_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    flock, connect = _schema.fcntl.flock, sqlite3.connect

    def lock(descriptor: int, operation: int) -> None:
        steps.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        flock(descriptor, operation)

    def opened(*arguments: Any, **options: Any) -> sqlite3.Connection:
        steps.append("opened")
        return connect(*arguments, **options)

    monkeypatch.setattr(_schema.fcntl, "flock", lock)
    monkeypatch.setattr(_schema.sqlite3, "connect", opened)
    _schema.prepare(tmp_path / "folder" / "headgate.db")
    assert steps == ["folder", "opened"]


def test_preparing_leaves_alone_the_locks_of_a_store_in_use(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    _schema.prepare(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("UPDATE meta SET value = 7")
        _schema.prepare(path)
        # Another process that comes and goes would tidy up behind us, if it could believe that it is the last.
        program = f"import sqlite3; c = sqlite3.connect({str(path)!r}); c.execute('SELECT * FROM meta').fetchall(); c.close()"
        subprocess.run([sys.executable, "-c", program], check=True)
        assert path.with_name("headgate.db-wal").exists()


def test_a_store_is_made_and_opened_without_importing_what_migrates_it(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from headgate.stores import sqlite; "
        f"sqlite.build(sqlite.Options(Path({str(tmp_path)!r}) / 'headgate.db')).close(); "
        "print({'sqlalchemy', 'alembic'} & sys.modules.keys())"
    )
    assert subprocess.check_output([sys.executable, "-c", program], text=True) == "set()\n"


def test_a_schema_of_a_newer_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    _schema.prepare(path)
    change(path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaTooNew, match=r"headgate\.db has schema 9999, which Headgate .* does not know"):
        _schema.prepare(path)


def test_an_older_store_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    change(path, _schema.MAKE_VERSION_TABLE)
    _schema.prepare(path)
    _schema.prepare(tmp_path / "new.db")
    assert shape(path) == shape(tmp_path / "new.db")


def test_an_upgrade_that_fails_says_why(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    change(path, _schema.MAKE_VERSION_TABLE, "CREATE TABLE teams (id TEXT)")
    with pytest.raises(ConfigError, match="could not be brought up to date"):
        _schema.prepare(path)


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    change(path, "CREATE TABLE recipes (id TEXT)")
    with pytest.raises(ConfigError, match="a database of another program"):
        _schema.prepare(path)
    assert shape(path) == {"recipes": "CREATE TABLE recipes (id TEXT)"}


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "headgate.db"
    path.write_text("notes " * 100)
    with pytest.raises(ConfigError, match="file is not a database"):
        _schema.prepare(path)


def test_a_place_that_cannot_be_written_is_a_start_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"cannot be written \(.*\)\. Give Headgate a data_dir it may write to"):
        _schema.prepare(tmp_path / "file" / "headgate.db")
