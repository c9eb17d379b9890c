"""Processes: started on a core, measured through /proc, ended for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
PATIENCE_S = 15


@contextlib.contextmanager
def running(command: list[str], core: int, folder: Path, env: Mapping[str, str] | None = None) -> Generator[subprocess.Popen[bytes]]:
    """A process on one core, with its output in `folder`/log; leaving ends it."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            env={**os.environ, **(env or {})},
            start_new_session=True,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),  # before exec: its threads and children inherit it
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop; make it where it does not, with everything it has started."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # its own session: nobody else is in it


def family(pid: int) -> list[int]:
    """A process and everything below it."""
    found = [pid]
    for task in _tasks(pid):
        with contextlib.suppress(OSError):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += family(int(child))
    return found


def pin(pids: Iterable[int], core: int) -> None:
    """Move processes with all their threads to a core."""
    for pid in pids:
        for task in _tasks(pid):
            with contextlib.suppress(OSError):
                os.sched_setaffinity(task, {core})


def cpu_s(pids: Iterable[int]) -> float:
    """CPU seconds used so far, user and system."""
    return sum(_cpu_ticks(pid) for pid in pids) / TICKS_PER_S


def resident_bytes(pids: Iterable[int]) -> int:
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1]) * 1024
    return total


def _cpu_ticks(pid: int) -> int:
    try:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(after_name[11]) + int(after_name[12])


def _tasks(pid: int) -> list[int]:
    try:
        return [int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []
