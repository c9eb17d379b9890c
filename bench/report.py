"""The table, with what was promised beside what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.machine import Machine
from bench.measure import Numbers

LIMIT, OURS = "nginx", "headgate"


class StackResult(Struct):
    version: str = ""
    numbers: Numbers = {}
    missing: dict[str, str] = {}
    """Measurement → why there is none."""


class Results(Struct):
    """Everything one run found out."""

    date: str
    machine: Machine
    versions: dict[str, str]
    seconds: float
    rounds: int
    stacks: dict[str, StackResult]

    def number(self, stack: str, name: str) -> float | None:
        found = self.stacks.get(stack)
        return found.numbers.get(name) if found else None

    def ratio(self, stack: str, name: str) -> float | None:
        """A metric relative to the limit of the same run."""
        ours, limit = self.number(stack, name), self.number(LIMIT, name)
        return ours / limit if ours is not None and limit else None


@dataclass(frozen=True, slots=True)
class Row:
    label: str
    value: Callable[[Results, str], float | None]
    form: str = "{:,.0f}"
    target: str = ""
    met: Callable[[float], bool] | None = None


def _plain(name: str) -> Callable[[Results, str], float | None]:
    return lambda results, stack: results.number(stack, name)


def _ratio(name: str) -> Callable[[Results, str], float | None]:
    return lambda results, stack: results.ratio(stack, name)


def _failures(results: Results, stack: str) -> float | None:
    found = results.stacks.get(stack)
    failures = [value for name, value in found.numbers.items() if name.startswith("failed")] if found else []
    return sum(failures) if failures else None


ROWS = (
    Row("requests/s, gateway on one core", _plain("rps")),
    Row("CPU µs per request", _plain("request_us"), "{:,.1f}"),
    Row("requests/s per core of CPU", _plain("rps_per_core")),
    Row("… × nginx", _ratio("rps_per_core"), "{:.2f}", "≥ 0.30 (stretch 0.45)", lambda value: value >= 0.30),
    Row("CPU µs per request, helper processes", _plain("request_helpers_us"), "{:,.1f}"),
    Row("latency at full load, p50 ms", _plain("p50_ms"), "{:.2f}"),
    Row("latency at full load, p99 ms", _plain("p99_ms"), "{:.2f}"),
    Row("CPU µs per chunk, 300 streams × 50", _plain("chunk_us"), "{:,.1f}"),
    Row("… × nginx", _ratio("chunk_us"), "{:.2f}", "≤ 1.80", lambda value: value <= 1.8),
    Row("CPU µs per chunk, helper processes", _plain("chunk_helpers_us"), "{:,.1f}"),
    Row("first event, p50 ms", _plain("first_p50_ms"), "{:.2f}"),
    Row("CPU µs per chunk, streams of 100", _plain("chunk_us_100"), "{:,.1f}"),
    Row("CPU µs per chunk, streams of 1,000", _plain("chunk_us_1000"), "{:,.1f}"),
    Row("CPU µs per chunk, streams of 10,000", _plain("chunk_us_10000"), "{:,.1f}"),
    Row("… largest / smallest", _plain("length_spread"), "{:.2f}", "≤ 1.20", lambda value: value <= 1.2),
    Row("requests/s at half load (8,000 at most)", _plain("paced_rps")),
    Row("added latency at half load, p50 ms", _plain("added_p50_ms"), "{:.2f}", "≤ 1", lambda value: value <= 1),
    Row("added latency at half load, p99 ms", _plain("added_p99_ms"), "{:.2f}", "≤ 5", lambda value: value <= 5),
    Row("cold start to first answer, ms", _plain("cold_start_ms"), "{:,.0f}", "≤ 1,500", lambda value: value <= 1500),
    Row("resident memory idle, MB", _plain("idle_mb"), "{:,.0f}", "≤ 100", lambda value: value <= 100),
    Row("resident memory idle, helper processes, MB", _plain("helpers_idle_mb"), "{:,.0f}"),
    Row("resident memory per open stream, KB", _plain("stream_kb"), "{:,.1f}", "≤ 40", lambda value: value <= 40),
    Row("failed requests", _failures, "{:,.0f}", "0", lambda value: value == 0),
)

# Above this share of its core a part of the harness measures itself.
BUSY = 0.9
_HARNESS = {
    "plain_simulator_busy": "the simulator in the plain requests",
    "streams_simulator_busy": "the simulator in the streams",
    "streams_load_busy": "the load generator in the streams",
}


def table(results: Results) -> str:
    """The Markdown table."""
    names = list(results.stacks)
    heads = [f"{name} {results.stacks[name].version}".strip() for name in names]
    lines = [f"| | {' | '.join(heads)} | target |", f"| --- |{' ---: |' * len(names)} --- |"]
    for row in ROWS:
        values = {name: row.value(results, name) for name in names}
        if all(value is None for value in values.values()):
            continue
        cells = [row.form.format(value) if value is not None else "–" for value in values.values()]
        lines.append(f"| {row.label} | {' | '.join(cells)} | {_verdict(row, values.get(OURS))} |")
    return "\n".join(lines)


def _verdict(row: Row, ours: float | None) -> str:
    if row.met is None or ours is None:
        return row.target
    return f"{row.target} {'met' if row.met(ours) else '**missed**'}"


def page(results: Results) -> str:
    """The whole report in Markdown."""
    machine = results.machine
    versions = ", ".join(f"{name} {version}" for name, version in results.versions.items())
    setting = (
        f"{machine.cpu}, {machine.cores} cores, {machine.memory_gib} GiB, Linux {machine.kernel}. {versions}.\n"
        f"{results.seconds:g} s a measurement, {results.rounds} rounds in turns, medians. Every stack has one core; the simulated\n"
        "provider and the load generator run on others. CPU is user + system time from /proc."
    )
    parts = [f"# Benchmark of {results.date}", setting, table(results)]
    if notes := _notes(results):
        parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts) + "\n"


def _notes(results: Results) -> list[str]:
    notes = [f"{name}: no {what}: {why}" for name, stack in results.stacks.items() for what, why in stack.missing.items()]
    for name, stack in results.stacks.items():
        for metric, part in _HARNESS.items():
            busy = stack.numbers.get(metric, 0)
            if busy > BUSY and name != "direct":
                notes.append(f"{name}: {part} used {busy:.0%} of its core: wall-clock rates are too low, CPU per unit holds")
    return notes


def write(results: Results, folder: Path) -> Path:
    """The report as Markdown and JSON; the path without its ending."""
    folder.mkdir(parents=True, exist_ok=True)
    stem = folder / f"{results.date}-{results.machine.slug}"
    stem.with_suffix(".md").write_text(page(results))
    stem.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(results), indent=2) + b"\n")
    return stem


def today() -> str:
    return date.today().isoformat()


def empty(versions: Mapping[str, str], machine: Machine, seconds: float, rounds: int) -> Results:
    return Results(today(), machine, dict(versions), seconds, rounds, {})
