"""The store in one file on disk: SQLite in WAL mode, for one machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec

from headgate.core.access import Key
from headgate.core.record import Admitted, Attempt, Settled
from headgate.core.stores import Batch, Dimension, KeyRow, Stores, Team, UsageRow, Wanted
from headgate.core.usage import CLASSES, Usage
from headgate.stores import _schema, _sql
from headgate.stores._database import Database

FILE_NAME = "headgate.db"


@dataclass(frozen=True, slots=True)
class Options:
    path: Path
    busy_timeout_ms: int = 5_000
    """How long to wait for another writer before StoreUnavailable."""


def build(options: Options) -> Stores:
    """The store at `options.path`, made or brought up to date where that is needed. Raises ConfigError where it cannot be."""
    _schema.prepare(options.path)
    database = Database(options.path, options.busy_timeout_ms)
    return Stores(
        keys=SqliteKeys(database),
        teams=SqliteTeams(database),
        records=SqliteRecords(database),
        ledger=SqliteLedger(database),
        close=database.close,
    )


class SqliteKeys:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._sets: dict[str, frozenset[str]] = {}

    def add(self, row: KeyRow, digest: bytes) -> bool:
        return self._add(_sql.ADD_KEY, row, digest)

    def add_first(self, row: KeyRow, digest: bytes) -> bool:
        return self._add(_sql.ADD_FIRST_KEY, row, digest)

    def get(self, id: str) -> KeyRow | None:
        with self._database.reading() as connection:
            row = connection.execute(_sql.GET_KEY, {"id": id}).fetchone()
        return None if row is None else _key_row(row)

    def rows(self) -> list[KeyRow]:
        with self._database.reading() as connection:
            return [_key_row(row) for row in connection.execute(_sql.ALL_KEYS)]

    def rotate(self, id: str, digest: bytes, at_ms: int, previous_until_ms: int) -> None:
        change = {"id": id, "digest": digest, "at_ms": at_ms, "previous_until_ms": previous_until_ms}
        with self._database.writing() as connection:
            connection.execute(_sql.BUMP)
            connection.execute(_sql.ROTATE_KEY, change)

    def revoke(self, id: str, at_ms: int) -> None:
        with self._database.writing() as connection:
            connection.execute(_sql.BUMP)
            connection.execute(_sql.REVOKE_KEY, {"id": id, "at_ms": at_ms})

    def version(self) -> int:
        with self._database.reading() as connection:
            return int(connection.execute(_sql.VERSION).fetchone()[0])

    def changed(self, since: int) -> tuple[int, list[Key]]:
        with self._database.reading() as connection:
            version = int(connection.execute(_sql.VERSION).fetchone()[0])
            rows = connection.execute(_sql.CHANGED_KEYS, {"since": since})
            models = self._models
            keys = [
                Key(id, name, team, digest, role, models(names), expires, bool(revoked), previous, until)
                for id, name, team, digest, role, names, expires, revoked, previous, until in rows
            ]
        return version, keys

    def _add(self, statement: str, row: KeyRow, digest: bytes) -> bool:
        values = msgspec.structs.asdict(row) | {"models": _write_models(row.models), "digest": digest}
        with self._database.writing() as connection:
            connection.execute(_sql.BUMP)
            return connection.execute(statement, values).rowcount == 1

    def _models(self, names: str | None) -> frozenset[str] | None:
        # One set for all keys with the same list: a hundred thousand keys share a handful.
        if names is None:
            return None
        found = self._sets.get(names)
        if found is None:
            if len(self._sets) >= 1_000:
                self._sets.clear()
            found = self._sets[names] = frozenset(json.loads(names))
        return found


class SqliteTeams:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, team: Team) -> bool:
        with self._database.writing() as connection:
            return connection.execute(_sql.ADD_TEAM, msgspec.structs.asdict(team)).rowcount == 1

    def find(self, id_or_name: str) -> Team | None:
        with self._database.reading() as connection:
            row = connection.execute(_sql.FIND_TEAM, {"wanted": id_or_name}).fetchone()
        return None if row is None else Team(*row)

    def rows(self) -> list[Team]:
        with self._database.reading() as connection:
            return [Team(*row) for row in connection.execute(_sql.ALL_TEAMS)]


class SqliteRecords:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, id: str) -> Settled | None:
        with self._database.reading() as connection:
            rows = connection.execute(_sql.GET_REQUEST, {"id": id}).fetchall()
            found = _settled(rows, connection.execute(_sql.attempts_of(1), (id,)))
        return found[0] if found else None

    def page(self, wanted: Wanted, limit: int, before: tuple[int, str] | None) -> list[Settled]:
        values: dict[str, Any] = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value is not None}
        if before is not None:
            values |= {"before_us": before[0], "before_id": before[1]}
        statement = _sql.page([name for name in values if name in _sql.FILTERS])
        with self._database.reading() as connection:
            rows = connection.execute(statement, values | {"limit": limit}).fetchall()
            ids = [row[0] for row in rows]
            if not ids:
                return []
            return _settled(rows, connection.execute(_sql.attempts_of(len(ids)), ids))

    def usage(self, dimension: Dimension, since_us: int, until_us: int) -> list[UsageRow]:
        with self._database.reading() as connection:
            rows = connection.execute(_sql.usage_by(dimension), {"since_us": since_us, "until_us": until_us}).fetchall()
        return [
            UsageRow(
                value=_day(value) if dimension == "day" else value,
                name=name,
                requests=requests,
                errors=errors,
                usage=Usage(*units),
                cost_nano=cost_nano,
                unpriced=unpriced,
            )
            for value, name, requests, errors, cost_nano, unpriced, *units in rows
        ]


class SqliteLedger:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode: Callable[[bytes], Admitted] = msgspec.msgpack.Decoder(Admitted).decode

    def positions(self) -> Mapping[str, int]:
        with self._database.reading() as connection:
            return dict(connection.execute(_sql.POSITIONS).fetchall())

    def load(self, batch: Batch) -> None:
        admitted = [{"id": entry.id, "writer": batch.writer, "entry": self._encode(entry)} for entry in batch.admitted]
        with self._database.writing() as connection:
            connection.executemany(_sql.ADD_REQUEST, [_columns(entry) for entry in batch.settled])
            connection.executemany(_sql.ADD_ATTEMPT, _attempt_columns(batch.settled))
            connection.executemany(_sql.ADD_ADMISSION, admitted)
            connection.executemany(_sql.CLOSE_ADMISSION, [(id,) for id in batch.closed])
            if batch.segment:
                connection.execute(_sql.SET_POSITION, {"segment": batch.segment, "offset": batch.offset})

    def forget(self, segments: Sequence[str]) -> None:
        with self._database.writing() as connection:
            connection.executemany(_sql.FORGET_POSITION, [(segment,) for segment in segments])

    def open_admissions(self) -> Mapping[str, str]:
        with self._database.reading() as connection:
            return dict(connection.execute(_sql.OPEN_ADMISSIONS).fetchall())

    def admissions(self, writer: str) -> list[Admitted]:
        with self._database.reading() as connection, closing(connection.execute(_sql.ADMISSIONS, {"writer": writer})) as rows:
            return [self._decode(entry) for (entry,) in rows]


_facts = attrgetter(*_sql.FACTS)
_units = attrgetter(*CLASSES)
_attempt = attrgetter(*_sql.ATTEMPT_COLUMNS)


def _columns(entry: Settled) -> tuple[object, ...]:
    return (*_facts(entry), *_units(entry.usage))


def _attempt_columns(entries: Sequence[Settled]) -> Iterator[tuple[object, ...]]:
    for entry in entries:
        for number, attempt in enumerate(entry.attempts, 1):
            yield (entry.id, number, *_attempt(attempt))


def _settled(rows: list[tuple[Any, ...]], attempts: Iterator[tuple[Any, ...]]) -> list[Settled]:
    tried: dict[str, list[Attempt]] = {}
    for request_id, *values in attempts:
        tried.setdefault(request_id, []).append(Attempt(*values))
    return [_one(row, tuple(tried.get(row[0], ()))) for row in rows]


def _one(row: tuple[Any, ...], attempts: tuple[Attempt, ...]) -> Settled:
    facts: dict[str, Any] = dict(zip(_sql.FACTS, row, strict=False))
    facts["stream"] = bool(facts["stream"])
    return Settled(**facts, usage=Usage(*row[len(_sql.FACTS) :]), attempts=attempts)


def _key_row(row: tuple[Any, ...]) -> KeyRow:
    values: dict[str, Any] = dict(zip(_sql.KEY_COLUMNS, row, strict=True))
    if values["models"] is not None:
        values["models"] = frozenset(json.loads(values["models"]))
    return KeyRow(**values)


def _write_models(models: frozenset[str] | None) -> str | None:
    return None if models is None else json.dumps(sorted(models))


def _day(number: int) -> str:
    return datetime.fromtimestamp(number * _sql.DAY_US / 1_000_000, UTC).strftime("%Y-%m-%d")
