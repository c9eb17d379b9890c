"""The recorder process: `python -m headgate.ledger.recorder --data-dir DIR` loads the journal into the store until it is stopped.

It ends on SIGTERM, on SIGINT, and when the process named by `--parent` is gone; each time it first loads what is there. A store that is
locked, slow or away makes it wait, never fail. There is one recorder for each data directory.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from headgate.core.errors import ConfigError
from headgate.core.stores import Ledger, StoreUnavailable
from headgate.ledger import journal, recovery
from headgate.ledger.loading import Loader
from headgate.stores import sqlite

log = logging.getLogger(__name__)

BACK_OFF_S = (0.1, 0.2, 0.5, 1.0, 2.0)
LAST_TRY_S = 5.0
"""How long a recorder that must stop goes on trying a store that is away. The journal keeps what it could not load."""

BUSY_TIMEOUT_MS = 1_000

LOCK = "recorder.alone"
"""Beside the writers' `.lock` files, and not to be taken for one."""

ANOTHER_IS_RUNNING = 3


class Recorder:
    """Loads, waits, loads again. Knows whether the store answers, and says so once each time that changes."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        self._folder = folder
        self._ledger = ledger
        self._loader: Loader | None = None
        self._failures = 0

    def load(self) -> bool:
        """Load what is there; False where the store does not answer."""
        try:
            if self._loader is None:
                self._loader = Loader(self._folder, self._ledger)
            self._loader.load()
        except StoreUnavailable as cause:
            if not self._failures:
                log.error("store_unavailable cause=%r", cause.message)
            self._failures += 1
            return False
        if self._failures:
            log.warning("store_available after_failures=%d", self._failures)
            self._failures = 0
        return True

    def wait_s(self, poll_s: float) -> float:
        """How long to wait before the next load."""
        if not self._failures:
            return poll_s
        return max(poll_s, BACK_OFF_S[min(self._failures, len(BACK_OFF_S)) - 1])

    def last_load(self) -> bool:
        """Load what is there before the end; False where the store did not answer in time."""
        end_s = time.monotonic() + LAST_TRY_S
        while not self.load():
            if time.monotonic() >= end_s:
                return False
            time.sleep(self.wait_s(0))
        return True


def run(data_dir: Path, poll_ms: int, parent: int | None, stopping: threading.Event) -> int:
    """The process's life; what it returns is its exit status."""
    folder = data_dir / journal.FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with recovery.holding(folder / LOCK, make=True) as alone:
        if not alone:
            sys.stderr.write(f"Another recorder is at work on {data_dir}; one is enough.\n")
            return ANOTHER_IS_RUNNING
        stores = sqlite.build(sqlite.Options(data_dir / sqlite.FILE_NAME, BUSY_TIMEOUT_MS))
        try:
            recorder = Recorder(folder, stores.ledger)
            while parent is None or os.getppid() == parent:
                recorder.load()
                if stopping.wait(recorder.wait_s(poll_ms / 1000)):
                    break
            return 0 if recorder.last_load() else 1
        finally:
            stores.close()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="headgate.ledger.recorder", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--poll-ms", type=int, default=100)
    parser.add_argument("--parent", type=int, default=None, help="stop when this is no longer the parent process")
    wanted = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    stopping = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    try:
        return run(wanted.data_dir, wanted.poll_ms, wanted.parent, stopping)
    except ConfigError as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
