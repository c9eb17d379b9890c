"""Entries, clocks, stores and journals for the tests of what must last."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from headgate.core.record import Admitted, Attempt, Settled
from headgate.core.stores import Stores, Wanted
from headgate.core.usage import Usage
from headgate.ledger.journal import FOLDER, FileJournal, Options
from headgate.stores import sqlite

NOON_US = 1_767_268_800_000_000
"""2026-01-01 12:00 UTC."""

SMALL = Options(segment_bytes=4_096, reserve_bytes=8_192)
"""A journal whose segments rotate after about ten requests."""


class SetClock:
    """A clock that moves when it is told to."""

    def __init__(self, now_us: int = NOON_US) -> None:
        self.us = now_us

    def now_us(self) -> int:
        return self.us

    @property
    def ms(self) -> int:
        return self.us // 1000

    def pass_ms(self, ms: int) -> None:
        self.us += ms * 1000


def dice(seed: int = 1) -> Callable[[int], bytes]:
    """Bytes that look random and are the same each time."""
    return random.Random(seed).randbytes


def admitted(id: str, estimate_nano: int | None = 700) -> Admitted:
    return Admitted(
        id=id,
        at_us=NOON_US,
        route="chat",
        key_id="key000000001",
        team_id="default",
        alias="smart",
        deployment="acme/m1",
        provider="acme",
        model="m1",
        stream=True,
        estimate=Usage(input=7),
        estimate_nano=estimate_nano,
        price_version="2026-01",
    )


def settled(id: str, cost_nano: int | None = 1_234, at_us: int = NOON_US) -> Settled:
    return Settled(
        id=id,
        at_us=at_us,
        route="chat",
        outcome="ok",
        status_code=200,
        key_id="key000000001",
        team_id="default",
        alias="smart",
        deployment="acme/m1",
        provider="acme",
        model="m1",
        stream=True,
        queue_us=5,
        upstream_first_byte_us=900,
        first_content_us=1_000,
        total_us=2_000,
        usage=Usage(input=100, cache_read=50, output=20, reasoning=3),
        usage_source="provider",
        cost_nano=cost_nano,
        price_version="2026-01",
        attempts=(
            Attempt("acme/m0", "acme", "m0", 10, 400, 503, "upstream_overloaded", "up-1"),
            Attempt("acme/m1", "acme", "m1", 410, 1_900, 200, None, "up-2"),
        ),
    )


def store(data_dir: Path, busy_timeout_ms: int = 2_000) -> Stores:
    return sqlite.build(sqlite.Options(data_dir / sqlite.FILE_NAME, busy_timeout_ms))


def segments(data_dir: Path) -> list[Path]:
    return sorted((data_dir / FOLDER).glob("*.seg"))


def everything(stores: Stores) -> dict[str, Settled]:
    """All records by id. Fails where an id is there twice."""
    found: dict[str, Settled] = {}
    before: tuple[int, str] | None = None
    while records := stores.records.page(Wanted(), 1_000, before):
        for record in records:
            assert record.id not in found
            found[record.id] = record
        before = (records[-1].at_us, records[-1].id)
    return found


def write(data_dir: Path, writer: str, ids: range, options: Options = SMALL) -> None:
    """A journal with a settled request for each id, closed."""
    journal = FileJournal(data_dir, writer, options)
    for number in ids:
        journal.admitted(admitted(f"r{number}"))
        journal.settled(settled(f"r{number}"))
    journal.close()
