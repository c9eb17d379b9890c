"""The measurements: each asks every stack the same, in turns, and gives back numbers by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec

from bench import process, workload, wrk
from bench.machine import Cores
from bench.spec import Result, Spec, percentile
from bench.stacks import ROOT, Launch, Running, Unavailable, started

Numbers = dict[str, float]
"""Name of a metric → value."""

OPEN_STREAMS = 300
LENGTH_CONNECTIONS = 10
LATENCY_CONNECTIONS = 64
MOST_PACED = 8_000
"""Requests a second; more than that and the generator's own core is part of the latency."""
SETTLE_S = 0.3


@dataclass(frozen=True, slots=True)
class Bench:
    """How long everything takes, and where it runs."""

    seconds: float
    rounds: int
    lengths: tuple[int, ...]
    length_chunks: int
    """How many pieces all streams of one length have together."""
    cores: Cores
    folder: Path
    simulator: Running

    @property
    def patience_s(self) -> float:
        return self.seconds * 3 + 60


class Meter:
    """CPU used by a stack between two moments."""

    def __init__(self, stack: Running, simulator: Running) -> None:
        self._parts = {"gateway": stack.gateway, "helpers": stack.helpers, "simulator": simulator.gateway}
        self._before = {name: process.cpu_s(pids) for name, pids in self._parts.items()}
        self._started = time.perf_counter()

    def used(self) -> Numbers:
        """CPU seconds of each part, and the wall seconds they were used in."""
        seconds = {name: process.cpu_s(pids) - self._before[name] for name, pids in self._parts.items()}
        return seconds | {"wall": time.perf_counter() - self._started}


def cold(launch: Launch, bench: Bench) -> Numbers:
    """Spawn to the first proxied answer."""
    times: list[float] = []
    for _ in range(bench.rounds):
        with started(launch, bench.cores.gateway, bench.cores.aside) as stack:
            times.append(stack.started_in_ms)
    return {"cold_start_ms": median(times)}


def memory(stack: Running, bench: Bench) -> Numbers:
    """Resident memory, idle and for each open stream."""
    time.sleep(SETTLE_S)
    idle = process.resident_bytes(stack.gateway)
    helpers = process.resident_bytes(stack.helpers)
    body = stack.launch.body(workload.STALLED, stream=True)
    with _generator(bench) as generator:
        _tell(generator, _spec(stack.launch, "hold", body, OPEN_STREAMS))
        assert generator.stdout is not None
        opened = int(generator.stdout.readline().split()[1])
        time.sleep(SETTLE_S)
        held = process.resident_bytes(stack.gateway)
        generator.communicate(timeout=bench.patience_s)
    if opened < OPEN_STREAMS:
        return {"idle_mb": idle / 1e6, "helpers_idle_mb": helpers / 1e6, "failed_memory": OPEN_STREAMS - opened}
    return {"idle_mb": idle / 1e6, "helpers_idle_mb": helpers / 1e6, "stream_kb": (held - idle) / opened / 1e3}


def plain(stack: Running, bench: Bench) -> Numbers:
    """Whole answers, as many as go over 64 connections."""
    wrk.burst(stack.launch, max(bench.seconds / 5, 1), bench.cores.load, bench.folder)
    meter = Meter(stack, bench.simulator)
    seen = wrk.burst(stack.launch, bench.seconds, bench.cores.load, bench.folder)
    used = meter.used()
    requests = max(seen.requests, 1)
    return {
        "rps": seen.requests / seen.seconds,
        "request_us": used["gateway"] / requests * 1e6,
        "request_helpers_us": used["helpers"] / requests * 1e6,
        "rps_per_core": requests / max(used["gateway"], 1e-9),
        "p50_ms": seen.p50_us / 1e3,
        "p99_ms": seen.p99_us / 1e3,
        "failed_plain": seen.failed,
        "plain_simulator_busy": used["simulator"] / used["wall"],
        "plain_gateway_busy": used["gateway"] / used["wall"],
    }


def streams(stack: Running, bench: Bench) -> Numbers:
    """300 streams at once, paced so that nobody is at the limit."""
    length_s = workload.STREAM_TOKENS * workload.STREAM_INTERVAL_MS / 1e3
    total = OPEN_STREAMS * max(round(bench.seconds / length_s), 1)
    body = stack.launch.body(workload.alias(workload.STREAM_TOKENS), stream=True)
    result, used = _loaded(stack, bench, _spec(stack.launch, "streams", body, OPEN_STREAMS, total=total))
    events = max(result.events, 1)
    return {
        "chunk_us": used["gateway"] / events * 1e6,
        "chunk_helpers_us": used["helpers"] / events * 1e6,
        "chunks_per_s": events / result.seconds,
        "first_p50_ms": percentile(result.first_us, 0.5) / 1e3,
        "failed_streams": result.failed,
        "streams_gateway_busy": used["gateway"] / used["wall"],
        "streams_simulator_busy": used["simulator"] / used["wall"],
        "streams_load_busy": result.cpu_s / result.seconds,
        "simulator_chunk_us": used["simulator"] / events * 1e6,
    }


def lengths(stack: Running, bench: Bench) -> Numbers:
    """Short, long and very long streams: what a chunk costs must not depend on how many came before it."""
    found: Numbers = {}
    for tokens in bench.lengths:
        total = max(bench.length_chunks // tokens, 1)
        body = stack.launch.body(workload.alias(tokens), stream=True)
        spec = _spec(stack.launch, "streams", body, min(LENGTH_CONNECTIONS, total), total=total)
        result, used = _loaded(stack, bench, spec)
        found[f"chunk_us_{tokens}"] = used["gateway"] / max(result.events, 1) * 1e6
        found["failed_lengths"] = found.get("failed_lengths", 0) + result.failed
    costs = [found[f"chunk_us_{tokens}"] for tokens in bench.lengths]
    return found | {"length_spread": max(costs) / max(min(costs), 1e-9)}


def latency(stack: Running, bench: Bench, full_rps: float) -> Numbers:
    """What the stack adds to an answer at half of its full load."""
    rate = min(full_rps / 2, MOST_PACED)
    through = _paced(stack.launch, bench, rate)
    straight = _paced(bench.simulator.launch, bench, rate)
    added = {
        f"added_{name}_ms": (percentile(through.answer_us, share) - percentile(straight.answer_us, share)) / 1e3
        for name, share in (("p50", 0.5), ("p99", 0.99))
    }
    return added | {"paced_rps": len(through.answer_us) / (bench.seconds * 0.8), "failed_latency": through.failed}


def medians(rounds: Sequence[Numbers]) -> Numbers:
    """The median of each metric; failures are summed."""
    names = dict.fromkeys(name for numbers in rounds for name in numbers)
    return {
        name: (sum if name.startswith("failed") else median)([numbers[name] for numbers in rounds if name in numbers]) for name in names
    }


def in_turns(stacks: Sequence[Running], measure: Callable[[Running], Numbers], rounds: int) -> dict[str, Numbers | str]:
    """Each stack once, then each again: what drifts on the machine drifts for all. A stack that breaks is left out with a reason."""
    found: dict[str, list[Numbers]] = {stack.launch.name: [] for stack in stacks}
    broken: dict[str, Numbers | str] = {}
    for _ in range(rounds):
        for stack in stacks:
            name = stack.launch.name
            if name in broken:
                continue
            try:
                found[name].append(measure(stack))
            except (Unavailable, subprocess.SubprocessError, ValueError, OSError) as cause:
                broken[name] = f"{type(cause).__name__}: {cause}"
    return {name: medians(rounds) for name, rounds in found.items() if rounds and name not in broken} | broken


def _paced(launch: Launch, bench: Bench, rate: float) -> Result:
    spec = _spec(launch, "paced", launch.body(workload.PLAIN), LATENCY_CONNECTIONS)
    return _run(bench, msgspec.structs.replace(spec, rate=rate, seconds=bench.seconds, skip_seconds=bench.seconds * 0.2))


def _loaded(stack: Running, bench: Bench, spec: Spec) -> tuple[Result, Numbers]:
    meter = Meter(stack, bench.simulator)
    result = _run(bench, spec)
    return result, meter.used()


def _spec(launch: Launch, kind: str, body: bytes, connections: int, total: int = 0) -> Spec:
    values = {"kind": kind, "host": "127.0.0.1", "port": launch.port, "path": workload.PATH, "headers": dict(launch.headers)}
    return msgspec.convert(values | {"body": body.decode(), "connections": connections, "total": total}, Spec)


def _run(bench: Bench, spec: Spec) -> Result:
    with _generator(bench) as generator:
        output, _ = generator.communicate(msgspec.json.encode(spec).decode() + "\n", timeout=bench.patience_s)
    return msgspec.json.decode(output, type=Result)


def _generator(bench: Bench) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bench.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=lambda: os.sched_setaffinity(0, {bench.cores.load}),
    )


def _tell(generator: subprocess.Popen[str], spec: Spec) -> None:
    assert generator.stdin is not None
    generator.stdin.write(json.dumps(msgspec.to_builtins(spec)) + "\n")
    generator.stdin.flush()
