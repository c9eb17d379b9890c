"""The store file and its tables, as this version needs them, made or brought up to date before anything else opens it."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from headgate import __version__
from headgate.core.errors import ConfigError
from headgate.core.stores import SchemaTooNew

SCRIPTS = {path.name.partition("_")[0]: path for path in sorted((Path(__file__).parent / "migrations" / "sqlite").glob("*.sql"))}
"""Revision → its SQL, oldest first. Alembic runs them on an older store; an empty one is made from them without Alembic."""

HEAD = list(SCRIPTS)[-1]

LOCK_WAIT_S = 60

MAKE_VERSION_TABLE = """
    CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))
"""


def prepare(path: Path) -> None:
    """The store at `path` exists and has this version's tables. Fast where it is empty or current already."""
    with _alone(path):
        try:
            with closing(sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None)) as connection:
                older = _older(connection, path)
        except sqlite3.DatabaseError as cause:
            raise ConfigError(f"The store {path} cannot be opened: {cause}.") from cause
        if older:
            _upgrade(path)


def statements(revision: str) -> Iterator[str]:
    """The statements of one revision's script."""
    pending = ""
    for line in SCRIPTS[revision].read_text(encoding="utf-8").splitlines():
        pending += "" if line.startswith("--") else f"{line}\n"
        if sqlite3.complete_statement(pending):
            yield pending.strip()
            pending = ""


def refuse_newer(path: str, found: str) -> None:
    if found not in SCRIPTS:
        raise SchemaTooNew(
            f"The store {path} has schema {found}, which Headgate {__version__} does not know (it knows up to {HEAD}): "
            "a newer version has changed it. Start that version, or restore a backup made before it."
        )


@contextmanager
def _alone(path: Path) -> Generator[None]:
    """The file at `path` is there, and nobody else is preparing one in its folder."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as cause:
        raise _unwritable(path, cause) from cause
    try:
        # SQLite lets two processes wait for each other's writes, but not for each other's first step to WAL mode.
        fcntl.flock(folder, fcntl.LOCK_EX)
        _make_file(path)
        yield
    finally:
        os.close(folder)


def _make_file(path: Path) -> None:
    try:
        # Made by us, because SQLite would make it readable by everyone; its side files take the same mode.
        # And only made: to open and close a file that SQLite has open in this process would end its locks.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError as cause:
        if not os.access(path, os.R_OK | os.W_OK):
            raise _unwritable(path, PermissionError(errno.EACCES, os.strerror(errno.EACCES))) from cause
    except OSError as cause:
        raise _unwritable(path, cause) from cause


def _unwritable(path: Path, cause: OSError) -> ConfigError:
    return ConfigError(f"The store {path} cannot be written ({cause.strerror}). Give Headgate a data_dir it may write to.")


def _older(connection: sqlite3.Connection, path: Path) -> bool:
    """Whether the store needs Alembic; where it is empty it is made here."""
    connection.execute("PRAGMA journal_mode=WAL")
    found = _revision(connection)
    if found == HEAD:
        return False
    connection.execute("BEGIN IMMEDIATE")  # closing without COMMIT undoes it
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        _create(connection)
        connection.execute("COMMIT")
        return False
    if "alembic_version" not in tables:
        raise ConfigError(f"The file {path} is a database of another program. Name a data_dir of Headgate's own.")
    found = _revision(connection)
    if found is not None:
        refuse_newer(str(path), found)
    return found != HEAD


def _revision(connection: sqlite3.Connection) -> str | None:
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone() is None:
        return None
    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return None if row is None else str(row[0])


def _create(connection: sqlite3.Connection) -> None:
    for revision in SCRIPTS:
        for statement in statements(revision):
            connection.execute(statement)
    connection.execute(MAKE_VERSION_TABLE)
    connection.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))


def _upgrade(path: Path) -> None:
    command = [sys.executable, "-m", "headgate.stores.migrations.upgrade", f"sqlite:///{path.absolute()}"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines() or ["it gave no reason"]
        raise ConfigError(f"The store {path} could not be brought up to date: {said[-1]}")
