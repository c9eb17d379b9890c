from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench import process


def test_a_process_is_pinned_measured_and_ended_with_its_children(tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    script = "import subprocess, sys, time; subprocess.Popen(['sleep', '60']); print('up', flush=True); time.sleep(60)"
    with process.running([sys.executable, "-c", script], core, tmp_path) as popen:
        while "up" not in (tmp_path / "log").read_text():
            time.sleep(0.01)
        family = process.family(popen.pid)
        assert (len(family), family[0]) == (2, popen.pid)
        assert all(os.sched_getaffinity(pid) == {core} for pid in family)
        assert process.resident_bytes([popen.pid]) > 1_000_000
        assert process.cpu_s([popen.pid]) > 0
    assert popen.returncode is not None
    while Path(f"/proc/{family[1]}").exists() and "zombie" not in Path(f"/proc/{family[1]}/status").read_text():
        time.sleep(0.01)


def test_a_process_that_is_gone_uses_nothing() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    assert (process.cpu_s([gone.pid]), process.resident_bytes([gone.pid]), process.family(gone.pid)) == (0, 0, [gone.pid])
