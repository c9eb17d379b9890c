"""Where the gateway's time goes: `python -m bench.hotspots [--streams]` runs it under cProfile with the benchmark's load.

cProfile makes every call dearer, so the shares tell where to look; the benchmark tells what it costs.
"""

from __future__ import annotations

import argparse
import os
import pstats
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench import measure, stacks, workload
from bench.machine import share
from bench.measure import Bench

SHOWN = 50


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.hotspots", description=__doc__)
    parser.add_argument("--streams", action="store_true", help="300 streams in place of plain requests")
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headgate-hotspots-") as name:
        folder = Path(name)
        for part in ("direct", "headgate"):
            (folder / part).mkdir()
        found = folder / "profile"
        measured = run(folder, found, args.seconds, args.streams)
        stats = pstats.Stats(str(found))
    stats.strip_dirs().sort_stats("tottime").print_stats(SHOWN)
    print("  ".join(f"{name}={value:.1f}" for name, value in measured.items()))


def run(folder: Path, found: Path, seconds: float, streams: bool) -> measure.Numbers:
    """Load on a profiled gateway; the profile is written to `found` when it ends."""
    cores, port = share(os.sched_getaffinity(0)), stacks.free_port()
    with stacks.started(stacks.direct(folder / "direct", port), cores.simulator, cores.aside) as simulator:
        launch = stacks.headgate(folder / "headgate", port)
        profiled = replace(launch, command=[sys.executable, "-m", "cProfile", "-o", str(found), *launch.command[1:]])
        bench = Bench(seconds, 1, workload.LENGTHS, 0, cores, folder, simulator)
        with stacks.started(profiled, cores.gateway, cores.aside) as running:
            return measure.streams(running, bench) if streams else measure.plain(running, bench)


if __name__ == "__main__":
    main()
