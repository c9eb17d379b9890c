"""The gateway's side of the recorder: started, started again when it dies, and stopped after the journal is closed."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

log = logging.getLogger(__name__)

BACK_OFF_S = (0.2, 0.5, 1.0, 2.0, 5.0)
SETTLED_IN_S = 30.0
"""A recorder that has run this long has not failed at starting."""


class Supervisor:
    """Keeps one recorder process running, from a thread of its own, so the event loop never waits for it."""

    def __init__(self, data_dir: Path, poll_ms: int = 100) -> None:
        self._command = [sys.executable, "-m", "headgate.ledger.recorder", "--data-dir", str(data_dir), "--poll-ms", str(poll_ms)]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_running, name="recorder-supervisor", daemon=True)

    @property
    def pid(self) -> int | None:
        """The recorder's process id; None while there is none."""
        process = self._process
        return None if process is None or process.poll() is not None else process.pid

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout_ms: int = 10_000) -> bool:
        """End the recorder once it has loaded what is there; False where it took too long and was killed, which loses nothing.

        Waits, so call it from a thread; and close the journal first, so that the recorder can finish with its files.
        """
        self._stopping.set()
        with self._lock:
            if self._process is not None:
                self._process.terminate()
        self._thread.join(timeout_ms / 1000)
        if not self._thread.is_alive():
            return True
        log.warning("recorder_killed after_ms=%d", timeout_ms)
        with self._lock:
            if self._process is not None:
                self._process.kill()
        self._thread.join()
        return False

    def _keep_running(self) -> None:
        failures = 0
        while self._start():
            started_s = time.monotonic()
            status = self._wait()
            if self._stopping.is_set():
                return
            failures = 1 if time.monotonic() - started_s > SETTLED_IN_S else failures + 1
            again_s = BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]
            log.error("recorder_died status=%d again_in_ms=%d", status, again_s * 1000)
            self._stopping.wait(again_s)

    def _start(self) -> bool:
        # Under the lock, so that `stop` either prevents this process or sees it.
        with self._lock:
            if self._stopping.is_set():
                return False
            # A session of its own: Ctrl-C in a terminal is for the gateway, which then stops the recorder in its order.
            self._process = subprocess.Popen(
                [*self._command, "--parent", str(os.getpid())], stdin=subprocess.DEVNULL, start_new_session=True
            )
            return True

    def _wait(self) -> int:
        process = self._process
        return 0 if process is None else process.wait()
