"""The recorder process, with real writers and real kills."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headgate.core.record import Settled
from headgate.core.stores import SchemaTooNew
from headgate.ledger import recorder
from headgate.ledger.journal import FOLDER, FileJournal
from headgate.stores import sqlite
from tests.support import ledger
from tests.support.ledger import SMALL, admitted, settled

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a module as a process, and ends it after the test."""
    started: list[subprocess.Popen[str]] = []

    def start(module: str, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def until(happened: Callable[[], bool]) -> None:
    while not happened():
        time.sleep(0.01)


def load_once(data_dir: Path) -> None:
    """A recorder that is told to stop at once: it loads what is there first."""
    stopping = threading.Event()
    stopping.set()
    assert recorder.run(data_dir, 100, None, stopping) == 0


def rows(data_dir: Path) -> dict[str, Settled]:
    stores = ledger.store(data_dir)
    try:
        return ledger.everything(stores)
    finally:
        stores.close()


def files(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / FOLDER).iterdir() if path.name != recorder.LOCK)


def killed_writer(start: Start, data_dir: Path, writer: str, seed: int) -> tuple[set[str], set[str]]:
    """A writer that is killed at a random moment; the ids it said were admitted, and those it said were settled."""
    process = start("tests.support.ledger_writer", data_dir, writer, seed)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(random.Random(seed).randrange(1, 1_500))]
    process.kill()
    said += process.stdout.read().splitlines(keepends=True)
    whole = [line.split() for line in said if line.endswith("\n")]
    return {id for kind, id in whole if kind == "a"}, {id for kind, id in whole if kind == "s"}


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_writers_requests_have_exactly_one_row_each(start: Start, tmp_path: Path, seed: int) -> None:
    began, ended = killed_writer(start, tmp_path, "w1", seed)
    load_once(tmp_path)
    found = rows(tmp_path)
    assert all(found[id] == settled(id) for id in ended)
    unsaid = found.keys() - ended
    assert began <= found.keys()
    assert len(found.keys() - began) <= 1, "at most one was admitted and not yet said to be"
    assert sum(found[id].outcome != "interrupted" for id in unsaid) <= 1, "at most one was settled and not yet said to be"
    load_once(tmp_path)
    assert (rows(tmp_path), files(tmp_path)) == (found, [])


def test_a_recorder_killed_again_and_again_loads_everything_once(start: Start, tmp_path: Path) -> None:
    sets = [killed_writer(start, tmp_path, f"w{number}", number + 50) for number in range(3)]
    ledger.write(tmp_path, "w9", range(3_000), SMALL)
    began = set[str]().union(*(began for began, _ in sets))
    ended = set[str]().union(*(ended for _, ended in sets))
    stores = ledger.store(tmp_path)
    all_segments = len(ledger.segments(tmp_path))
    for fifths in (4, 3, 2, 1):
        process = start("headgate.ledger.recorder", "--data-dir", tmp_path, "--poll-ms", 1)
        until(lambda most=all_segments * fifths // 5: len(ledger.segments(tmp_path)) <= most)
        process.kill()
        process.communicate()
    load_once(tmp_path)
    found = ledger.everything(stores)
    assert all(found[id].outcome == "ok" for id in (*ended, *(f"r{number}" for number in range(3_000))))
    assert began <= found.keys()
    assert {row.outcome for row in found.values()} == {"ok", "interrupted"}
    assert (stores.ledger.open_admissions(), files(tmp_path)) == ({}, [])
    stores.close()


def test_it_loads_while_requests_run_and_everything_on_sigterm(start: Start, tmp_path: Path) -> None:
    stores = ledger.store(tmp_path)
    journal = FileJournal(tmp_path, "w1", SMALL)
    process = start("headgate.ledger.recorder", "--data-dir", tmp_path, "--poll-ms", 10)
    journal.admitted(admitted("r1"))
    journal.settled(settled("r1"))
    until(lambda: stores.records.get("r1") is not None)
    for number in range(2, 500):
        journal.settled(settled(f"r{number}"))
    journal.close()
    process.terminate()
    assert process.wait() == 0
    assert (len(ledger.everything(stores)), files(tmp_path)) == (499, [])
    stores.close()


def test_a_second_recorder_is_refused(start: Start, tmp_path: Path) -> None:
    first = start("headgate.ledger.recorder", "--data-dir", tmp_path)
    until(lambda: (tmp_path / sqlite.FILE_NAME).exists())
    second = start("headgate.ledger.recorder", "--data-dir", tmp_path)
    _, said = second.communicate()
    assert (second.returncode, said) == (
        recorder.ANOTHER_IS_RUNNING,
        f"Another recorder is at work on {tmp_path}; one is enough.\n",
    )
    assert first.poll() is None


def test_a_locked_store_delays_and_is_said_once(start: Start, tmp_path: Path) -> None:
    ledger.store(tmp_path).close()
    ledger.write(tmp_path, "w1", range(5))
    lock = sqlite3.connect(tmp_path / sqlite.FILE_NAME, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    process = start("headgate.ledger.recorder", "--data-dir", tmp_path, "--poll-ms", 1)
    assert process.stderr is not None
    assert "store_unavailable" in process.stderr.readline()
    time.sleep(1.5)  # another try or more, of which nothing may be said
    lock.execute("COMMIT")
    lock.close()
    until(lambda: not files(tmp_path))
    process.terminate()
    said = process.stderr.read()
    assert process.wait() == 0
    assert said.count("store_unavailable") == 0
    assert said.count("store_available") == 1
    assert set(rows(tmp_path)) == {f"r{number}" for number in range(5)}


def test_it_finishes_a_dead_parents_work_and_ends(start: Start, tmp_path: Path) -> None:
    journal = FileJournal(tmp_path, "w1", SMALL)
    journal.admitted(admitted("r1"))
    journal.close()
    process = start("headgate.ledger.recorder", "--data-dir", tmp_path, "--parent", 1 << 22)
    assert process.wait() == 0
    assert {id: row.outcome for id, row in rows(tmp_path).items()} == {"r1": "interrupted"}


def test_a_store_that_stays_away_keeps_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "LAST_TRY_S", 0.0)
    monkeypatch.setattr(recorder, "BUSY_TIMEOUT_MS", 1)
    ledger.store(tmp_path).close()
    ledger.write(tmp_path, "w1", range(5))
    before = files(tmp_path)
    lock = sqlite3.connect(tmp_path / sqlite.FILE_NAME, isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    stopping = threading.Event()
    stopping.set()
    assert recorder.run(tmp_path, 1, None, stopping) == 1
    lock.close()
    assert files(tmp_path) == before
    load_once(tmp_path)
    assert len(rows(tmp_path)) == 5


def test_it_waits_longer_each_time_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    stores = ledger.store(tmp_path, busy_timeout_ms=1)
    (tmp_path / sqlite.FILE_NAME).rename(tmp_path / "away")
    found = recorder.Recorder(tmp_path / FOLDER, stores.ledger)
    assert found.wait_s(0.1) == 0.1
    waits: list[float] = []
    for _ in range(7):
        assert not found.load()
        waits.append(found.wait_s(0.1))
    assert waits == [0.1, 0.2, 0.5, 1.0, 2.0, 2.0, 2.0]
    (tmp_path / "away").rename(tmp_path / sqlite.FILE_NAME)
    assert found.load()
    assert found.wait_s(0.1) == 0.1
    stores.close()


def test_a_store_from_a_newer_version_is_said_and_ends_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ledger.store(tmp_path).close()
    newer = sqlite3.connect(tmp_path / sqlite.FILE_NAME, isolation_level=None)
    newer.execute("UPDATE alembic_version SET version_num = '9999'")
    newer.close()
    with pytest.raises(SchemaTooNew):
        recorder.run(tmp_path, 1, None, threading.Event())
    assert recorder.main(["--data-dir", str(tmp_path)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
