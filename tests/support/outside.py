"""A gateway and simulated providers as processes of their own: to be killed, restarted, and looked at from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from headgate.clock import SystemClock
from headgate.control import keys
from headgate.core.record import Settled
from headgate.core.stores import Wanted
from headgate.ledger import recorder
from headgate.stores import sqlite

ROOT = Path(__file__).parent.parent.parent

CONFIG = """
server: {{ port: 0, grace_period_ms: 5000 }}
data_dir: {data_dir}
providers:
  openai: {{ kind: openai, base_url: "{url}/v1", api_key: sim-key, allow_private: true }}
  claude: {{ kind: anthropic, base_url: "{url}", api_key: sim-key, allow_private: true }}
models:
  - name: gpt
    deployments: [{{ provider: openai, model: gpt-4.1 }}]
  - name: claude
    deployments: [{{ provider: claude, model: claude-sonnet-4-5 }}]
  - name: embed
    deployments: [{{ provider: openai, model: text-embedding-3-small }}]
"""


class Outside:
    """One data directory, and the gateway process on it while it runs."""

    def __init__(self, folder: Path, simulator_url: str, config: str = CONFIG) -> None:
        self.data_dir = folder / "data"
        self.config = folder / "headgate.yaml"
        self.config.write_text(config.format(data_dir=self.data_dir, url=simulator_url))
        self.process: subprocess.Popen[str] | None = None
        self.url = ""
        self.admin_key: str | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.run_gateway", str(self.config)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the gateway ended with status {self.process.wait()}"
        ready = json.loads(line)
        self.url, self.admin_key = ready["url"], ready["admin_key"] or self.admin_key

    def end(self, number: int = signal.SIGTERM, timeout_s: float = 20) -> int:
        """Send a signal and wait; the process's exit status."""
        assert self.process is not None
        self.process.send_signal(number)
        status = self.process.wait(timeout_s)
        if self.process.stdout is not None:
            self.process.stdout.close()
        self.process = None
        return status

    def new_key(self, name: str = "test") -> str:
        stores = sqlite.build(sqlite.Options(self.data_dir / sqlite.FILE_NAME))
        try:
            return keys.create(stores, SystemClock(), os.urandom, keys.NewKey(name))[1]
        finally:
            stores.close()

    def rows(self) -> list[Settled]:
        """All records that are in the store now, newest first."""
        stores = sqlite.build(sqlite.Options(self.data_dir / sqlite.FILE_NAME))
        try:
            return stores.records.page(Wanted(), 1_000_000, None)
        finally:
            stores.close()

    def recorded(self, count: int, timeout_s: float = 15) -> list[Settled]:
        """All records once there are `count` of them."""
        end = time.monotonic() + timeout_s
        while len(rows := self.rows()) < count and time.monotonic() < end:
            time.sleep(0.05)
        return rows

    def load_all(self) -> None:
        """Run a recorder on what a dead gateway left behind, until it is all in the store."""
        stopping = recorder.threading.Event()
        stopping.set()
        end = time.monotonic() + 20
        while recorder.run(self.data_dir, 10, None, stopping) == recorder.ANOTHER_IS_RUNNING:
            assert time.monotonic() < end, "the gateway's own recorder does not end"
            time.sleep(0.1)


@contextmanager
def simulating() -> Generator[str]:
    """Simulated providers in a process of their own; their URL."""
    command = [sys.executable, "-m", "headgate.simulator"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
    finally:
        process.terminate()
        process.wait(10)
        assert process.stdout is not None
        process.stdout.close()


@contextmanager
def outside(folder: Path, config: str = CONFIG) -> Generator[Outside]:
    """A gateway on a new data directory, started; whatever still runs is ended."""
    with simulating() as url:
        gateway = Outside(folder, url, config)
        gateway.start()
        try:
            yield gateway
        finally:
            if gateway.process is not None:
                gateway.end(signal.SIGKILL)
