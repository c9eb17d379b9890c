"""wrk: plain requests as fast as they go."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench import workload
from bench.stacks import Launch, Unavailable

CONNECTIONS = 64

_UNIT_US = {"us": 1.0, "ms": 1e3, "s": 1e6, "m": 60e6}


@dataclass(frozen=True, slots=True)
class Burst:
    """What wrk saw."""

    requests: int
    seconds: float
    p50_us: float
    p99_us: float
    failed: int


def binary() -> str:
    """wrk's path. Raises Unavailable."""
    found = shutil.which("wrk")
    if found is None:
        raise Unavailable("wrk is not installed (apt-get install wrk)")
    return found


def lua(launch: Launch) -> str:
    """The script that makes wrk post the workload's request."""
    headers = {"content-type": "application/json", **launch.headers}
    lines = [f'wrk.headers["{name}"] = [==[{value}]==]' for name, value in headers.items()]
    return "\n".join(['wrk.method = "POST"', *lines, f"wrk.body = [==[{launch.body(workload.PLAIN).decode()}]==]", ""])


def burst(launch: Launch, seconds: float, core: int, folder: Path) -> Burst:
    """A burst of plain requests over 64 connections from one core."""
    script = folder / f"{launch.name}.lua"
    script.write_text(lua(launch))
    url = f"http://127.0.0.1:{launch.port}{workload.PATH}"
    done = subprocess.run(
        [binary(), "-t1", f"-c{CONNECTIONS}", f"-d{max(round(seconds), 1)}s", "--timeout", "30s", "--latency", "-s", str(script), url],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    return parse(done.stdout)


def parse(output: str) -> Burst:
    """The numbers in wrk's report."""
    total = re.search(r"(\d+) requests in ([\d.]+)(us|ms|s|m)", output)
    if total is None:
        raise ValueError(f"wrk said something else: {output[-300:]}")
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", output)
    failed = (int(wrong[1]) if wrong else 0) + (sum(map(int, lost.groups())) if lost else 0)
    seconds = float(total[2]) * _UNIT_US[total[3]] / 1e6
    return Burst(int(total[1]), seconds, _percentile(output, "50"), _percentile(output, "99"), failed)


def _percentile(output: str, which: str) -> float:
    found = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s|m)\s*$", output, re.MULTILINE)
    return float(found[1]) * _UNIT_US[found[2]] if found else 0.0
