"""What the numbers were measured on, and which core does what."""

from __future__ import annotations

import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts that a number without is worth nothing. No host name."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str

    @property
    def slug(self) -> str:
        """A file name for it: "amd-epyc-4-cores"."""
        name = re.sub(r"\(.*?\)|@.*|\b(cpu|processor|\d+-core)\b", "", self.cpu.lower())
        return f"{re.sub(r'[^a-z0-9]+', '-', name).strip('-')}-{self.cores}-cores"


def machine() -> Machine:
    info = Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*:\s*(.+)$", info, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return Machine(
        cpu=found[1] if found else platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(int(memory[1]) / 2**20, 1) if memory else 0,
        kernel=platform.release(),
        python=platform.python_version(),
    )


@dataclass(frozen=True, slots=True)
class Cores:
    """Who runs where. The gateway has its core to itself."""

    gateway: int
    load: int
    simulator: int
    aside: int
    """The harness and the gateway's helper processes."""


def share(available: set[int]) -> Cores:
    """The cores shared out: what there is too little of, load, simulator and the rest share."""
    cores = sorted(available)
    match len(cores):
        case 1:
            return Cores(cores[0], cores[0], cores[0], cores[0])
        case 2:
            return Cores(gateway=cores[1], load=cores[0], simulator=cores[0], aside=cores[0])
        case 3:
            return Cores(gateway=cores[1], load=cores[2], simulator=cores[0], aside=cores[0])
        case _:
            return Cores(gateway=cores[1], load=cores[2], simulator=cores[3], aside=cores[0])
