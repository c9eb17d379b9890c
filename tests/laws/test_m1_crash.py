"""M1, a little of it: the full number of repetitions is `make test-crash`, which runs the same code."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.laws import crash
from tests.support.outside import Outside, outside, simulating


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_kill_9_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    with simulating() as url:
        found = crash.repetition(tmp_path, url, requests=150, seed=seed)
    assert set(found) <= {"ok", "interrupted", "client_gone"} and sum(found.values()) > 0


def recorder_of(gateway: Outside) -> int | None:
    assert gateway.process is not None
    for child in psutil.Process(gateway.process.pid).children():
        with suppress(psutil.NoSuchProcess):  # dead, and its parent does not know yet
            if "headgate.ledger.recorder" in child.cmdline():
                return child.pid
    return None


def another_recorder(gateway: Outside, former: int) -> int:
    end_s = time.monotonic() + 20
    while (pid := recorder_of(gateway)) is None or pid == former:
        assert time.monotonic() < end_s, "the recorder was not started again"
        time.sleep(0.02)
    return pid


def test_kill_9_of_the_recorder_delays_rows_and_loses_none(tmp_path: Path) -> None:
    with outside(tmp_path, crash.CONFIG) as gateway:
        traffic = crash.Traffic(gateway.url, gateway.new_key(), 150, random.Random(4))
        time.sleep(0.3)

        async def run() -> None:
            running = asyncio.create_task(traffic.run())
            pid = recorder_of(gateway)
            for moment in (30, 60):
                while traffic.ended < moment:
                    await asyncio.sleep(0.001)
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
                pid = await asyncio.to_thread(another_recorder, gateway, pid)
            await running

        asyncio.run(run())
        assert len(gateway.recorded(150)) == 150
        assert gateway.end(signal.SIGTERM) == 0
        found = crash.check(gateway, traffic, 150)
    assert found == {"ok": 150}
    assert all(note.cost_nano is not None for note in traffic.notes)


def test_sigterm_lets_running_answers_finish_and_loses_nothing(tmp_path: Path) -> None:
    with outside(tmp_path, crash.CONFIG) as gateway:
        traffic = crash.Traffic(gateway.url, gateway.new_key(), 150, random.Random(5))
        time.sleep(0.3)
        asyncio.run(crash.killed(gateway, traffic, signal.SIGTERM))
        assert gateway.process is not None and gateway.process.wait(20) == 0
        gateway.process.stdout.close() if gateway.process.stdout else None
        gateway.process = None
        answered = [note for note in traffic.notes if note.id is not None]
        assert answered and all(note.cost_nano is not None for note in answered), "an answer that had begun was cut"
        found = crash.check(gateway, traffic, len(answered))
    assert found == {"ok": len(answered)}
