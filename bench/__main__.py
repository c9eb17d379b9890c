"""`python -m bench [--quick]`: measure, print the table, write it to bench/results.

BENCH_SECONDS: seconds for each measurement (10). PEERS=1: other gateways too. BENCH_ONLY: some of cold, memory, plain, streams,
lengths, latency, by commas.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path

from bench import measure, report, stacks, workload
from bench.machine import machine, share
from bench.measure import Bench, Numbers
from bench.peers import PEERS
from bench.report import Results, StackResult
from bench.stacks import Launch, Running, Setup, Unavailable

ALL = ("cold", "memory", "plain", "streams", "lengths", "latency")
RESULTS = Path(__file__).parent / "results"


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a minute at most: short, one round, nothing is written")
    quick: bool = parser.parse_args().quick
    seconds = float(os.environ.get("BENCH_SECONDS", "2" if quick else "10"))
    only = tuple(filter(None, os.environ.get("BENCH_ONLY", "").split(","))) or ALL
    if unknown := set(only) - set(ALL):
        parser.error(f"BENCH_ONLY knows {', '.join(ALL)}; not {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory(prefix="headgate-bench-") as folder, ExitStack() as stack:
        results = run(Path(folder), stack, seconds, quick, only)
    print(report.page(results))
    if not quick and only == ALL:
        say(f"written to {report.write(results, RESULTS).with_suffix('.md')}")


def run(folder: Path, stack: ExitStack, seconds: float, quick: bool, only: tuple[str, ...]) -> Results:
    """Set everything up, measure it in turns, and give back what was found."""
    here, cores = machine(), share(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores.aside})
    rounds = 1 if quick else 3
    versions = {name: version(name) for name in ("uvloop", "httptools", "uvicorn")}
    results = report.empty({"Python": here.python} | versions, here, seconds, rounds)
    port = stacks.free_port()
    simulator = stack.enter_context(stacks.started(stacks.direct(_folder(folder, "direct"), port), cores.simulator, cores.aside))
    results.stacks["direct"] = StackResult()
    lengths = workload.LENGTHS[:2] if quick else workload.LENGTHS
    bench = Bench(seconds, rounds, lengths, 20_000 if quick else 100_000, cores, folder, simulator)
    launches = [launch for name, setup in _asked().items() if (launch := _set_up(name, setup, folder, port, results))]
    if "cold" in only:
        for launch in launches:
            say(f"{launch.name}: cold start")
            _keep(results, "cold start", {launch.name: _cold(launch, bench)})
    running = [simulator, *filter(None, (_start(launch, bench, stack, results) for launch in launches))]
    _measure(running, bench, only, results)
    return results


def _measure(running: list[Running], bench: Bench, only: tuple[str, ...], results: Results) -> None:
    proxies = running[1:]
    plans: dict[str, tuple[list[Running], Callable[[Running], Numbers], int]] = {
        "memory": (proxies, partial(measure.memory, bench=bench), 1),
        "plain": (running, partial(measure.plain, bench=bench), bench.rounds),
        "streams": (running, partial(measure.streams, bench=bench), bench.rounds),
        "lengths": (proxies, partial(measure.lengths, bench=bench), 1),
        "latency": (proxies, lambda stack: measure.latency(stack, bench, results.number(stack.launch.name, "rps") or 2_000), bench.rounds),
    }
    for name, (targets, how, rounds) in plans.items():
        if name in only:
            say(f"{name}: {', '.join(stack.launch.name for stack in targets)}")
            _keep(results, name, measure.in_turns(targets, how, rounds))


def _asked() -> dict[str, Setup]:
    return stacks.OWN | (PEERS if os.environ.get("PEERS") == "1" else {})


def _set_up(name: str, setup: Setup, folder: Path, upstream: int, results: Results) -> Launch | None:
    results.stacks[name] = StackResult()
    say(f"{name}: set up")
    try:
        launch = setup(_folder(folder, name), upstream)
    except Unavailable as cause:
        results.stacks[name].missing["measurement"] = str(cause)
        return None
    results.stacks[name].version = launch.version
    return launch


def _cold(launch: Launch, bench: Bench) -> Numbers | str:
    try:
        return measure.cold(launch, bench)
    except Unavailable as cause:
        return str(cause)


def _start(launch: Launch, bench: Bench, stack: ExitStack, results: Results) -> Running | None:
    try:
        return stack.enter_context(stacks.started(launch, bench.cores.gateway, bench.cores.aside))
    except Unavailable as cause:
        results.stacks[launch.name].missing["measurement"] = str(cause)
        return None


def _keep(results: Results, what: str, found: dict[str, Numbers | str] | dict[str, Numbers]) -> None:
    for name, numbers in found.items():
        if isinstance(numbers, str):
            results.stacks[name].missing[what] = numbers
        else:
            results.stacks[name].numbers |= numbers


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


if __name__ == "__main__":
    main()
