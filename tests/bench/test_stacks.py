from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench import stacks
from bench.stacks import Launch, Unavailable


def test_a_stack_answers_through_its_own_port(tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    with stacks.started(stacks.direct(tmp_path, stacks.free_port()), core, core) as running:
        assert running.started_in_ms > 0
        assert running.gateway == [running.pid]
        assert running.helpers == []


def test_a_stack_that_ends_at_once_says_what_it_said(tmp_path: Path) -> None:
    core = min(os.sched_getaffinity(0))
    command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    launch = Launch("broken", "", command, tmp_path, stacks.free_port(), {}, {"bench": "m"})
    with pytest.raises(Unavailable, match="broken ended with 1: no such thing"), stacks.started(launch, core, core):
        pass
