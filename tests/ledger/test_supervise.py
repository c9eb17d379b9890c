"""Keeping a recorder running."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from headgate.ledger import supervise
from headgate.ledger.journal import FileJournal
from headgate.ledger.supervise import Supervisor
from tests.support import ledger
from tests.support.ledger import SMALL, settled


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    found = Supervisor(tmp_path, poll_ms=10)
    found.start()
    yield found
    found.stop()


def until(happened: Callable[[], bool]) -> None:
    while not happened():
        time.sleep(0.01)


def test_what_is_journalled_is_soon_a_row(supervisor: Supervisor, tmp_path: Path) -> None:
    assert supervisor
    journal = FileJournal(tmp_path, "w1", SMALL)
    stores = ledger.store(tmp_path)
    journal.settled(settled("r1"))
    until(lambda: stores.records.get("r1") is not None)
    journal.close()
    stores.close()


def test_stopping_loads_everything_first(supervisor: Supervisor, tmp_path: Path) -> None:
    ledger.write(tmp_path, "w1", range(500))
    until(lambda: supervisor.pid is not None)
    assert supervisor.stop()
    assert supervisor.pid is None
    stores = ledger.store(tmp_path)
    # Told to stop before it could even begin, it has loaded nothing, and the journal has everything.
    assert len(ledger.everything(stores)) == 500 or ledger.segments(tmp_path)
    stores.close()


def test_a_killed_recorder_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    until(lambda: supervisor.pid is not None)
    first = supervisor.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    until(lambda: supervisor.pid not in (None, first))
    ledger.write(tmp_path, "w1", range(3))
    stores = ledger.store(tmp_path)
    until(lambda: len(ledger.everything(stores)) == 3)
    stores.close()


def test_one_that_does_not_stop_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stubborn = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('ready', flush=True); time.sleep(600)"
    found = Supervisor(tmp_path)
    monkeypatch.setattr(found, "_command", [sys.executable, "-c", stubborn])
    found.start()
    until(lambda: found.pid is not None)
    process = psutil.Process(found.pid)
    until(lambda: bool(process.memory_info().rss) and signal_ignored(process.pid))
    assert not found.stop(timeout_ms=50)
    assert found.pid is None


def signal_ignored(pid: int) -> bool:
    """Whether the process has come as far as ignoring SIGTERM."""
    [mask] = [line.split()[1] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigIgn")]
    return bool(int(mask, 16) & 1 << (signal.SIGTERM - 1))


def test_one_that_cannot_start_is_tried_less_and_less_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(supervise, "BACK_OFF_S", (0.001, 0.002, 0.003))
    found = Supervisor(tmp_path)
    monkeypatch.setattr(found, "_command", [sys.executable, "-c", "raise SystemExit(7)"])
    found.start()
    until(lambda: len(caplog.records) >= 4)
    found.stop()
    said = [record.getMessage() for record in caplog.records[:4]]
    assert said == [f"recorder_died status=7 again_in_ms={ms}" for ms in (1, 2, 3, 3)]


def test_a_killed_gateway_leaves_finished_work_and_no_process(tmp_path: Path) -> None:
    gateway = (
        "import sys, time; from pathlib import Path; from tests.support import ledger; "
        "from headgate.ledger.journal import FileJournal; from headgate.ledger.supervise import Supervisor; "
        "data_dir = Path(sys.argv[1]); journal = FileJournal(data_dir, 'w1', ledger.SMALL); "
        "journal.admitted(ledger.admitted('r1')); journal.settled(ledger.settled('r1')); journal.admitted(ledger.admitted('r2')); "
        "supervisor = Supervisor(data_dir, 10); supervisor.start(); time.sleep(600)"
    )
    stores = ledger.store(tmp_path)
    process = subprocess.Popen([sys.executable, "-c", gateway, str(tmp_path)])
    until(lambda: stores.records.get("r1") is not None)
    [recorder] = psutil.Process(process.pid).children()
    process.kill()
    process.wait()
    recorder.wait(60)
    assert {id: row.outcome for id, row in ledger.everything(stores).items()} == {"r1": "ok", "r2": "interrupted"}
    stores.close()


def test_it_stops_before_it_has_started_anything(tmp_path: Path) -> None:
    found = Supervisor(tmp_path)
    found.start()
    assert found.stop()
