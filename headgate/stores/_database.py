"""SQLite connections and transactions: as many readers as there are threads, one writer at a time, every failure named.

Plain `sqlite3`, because importing an SQL toolkit costs more than the whole of a gateway's start may take (docs/decisions).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from headgate.core.stores import StoreUnavailable

OURS = (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.NotSupportedError)
"""Mistakes in our own statements: these rise as they are."""

SETTINGS = (
    "PRAGMA foreign_keys=ON",
    # FULL, not NORMAL: the recorder deletes journal segments once they are committed, and a revoked key stays revoked after a power cut.
    "PRAGMA synchronous=FULL",
    # 16 MB, so that inserting by random id into a large store does not read each page again.
    "PRAGMA cache_size=-16384",
    "PRAGMA journal_size_limit=67108864",
)


class Database:
    """The store's file. Each use takes an idle connection, or opens one."""

    def __init__(self, path: Path, busy_timeout_ms: int) -> None:
        self._path = path
        self._busy_timeout_ms = busy_timeout_ms
        self._idle: list[sqlite3.Connection] = []

    @contextmanager
    def reading(self) -> Generator[sqlite3.Connection]:
        """A connection that sees the store as it is at one moment."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """A connection whose changes are kept when the block ends, or not at all."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    @contextmanager
    def _transaction(self, begin: str) -> Generator[sqlite3.Connection]:
        connection: sqlite3.Connection | None = None
        whole = False
        try:
            connection = self._take()
            connection.execute(begin)
            yield connection
            connection.execute("COMMIT")
            whole = True
        except OURS:
            raise
        except sqlite3.DatabaseError as cause:
            raise StoreUnavailable(f"The store {self._path.name} cannot be used now: {cause}.") from cause
        finally:
            if connection is not None and whole:
                self._idle.append(connection)
            elif connection is not None:
                connection.close()  # which undoes what it had begun

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self._open()

    def _open(self) -> sqlite3.Connection:
        # mode=rw: a store that has been deleted is missed, not made anew without its tables.
        return _set(
            sqlite3.connect(
                f"{self._path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=self._busy_timeout_ms / 1000,
                isolation_level=None,
                check_same_thread=False,
            )
        )


def _set(connection: sqlite3.Connection) -> sqlite3.Connection:
    for setting in SETTINGS:
        connection.execute(setting)
    return connection
