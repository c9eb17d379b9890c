from __future__ import annotations

from pathlib import Path

import msgspec

from bench.machine import Machine
from bench.report import Results, StackResult, page, table, write

MACHINE = Machine("Some CPU", 4, 16.0, "6.1", "3.11.7")


def results(request_us: float, chunk_us: float) -> Results:
    stacks = {
        "nginx": StackResult("1.22", {"rps_per_core": 50_000, "chunk_us": 15}),
        "headgate": StackResult("abc", {"rps_per_core": 1e6 / request_us, "chunk_us": chunk_us, "failed_plain": 0}),
    }
    return Results("2026-11-23", MACHINE, {"Python": "3.11.7"}, 10, 3, stacks)


def row(text: str, label: str) -> str:
    return next(line for line in text.splitlines() if label in line)


def test_ratios_are_to_the_limit_of_the_same_run() -> None:
    text = table(results(request_us=50, chunk_us=30))
    first, second = (line for line in text.splitlines() if "× nginx" in line)
    assert first == "| … × nginx | 1.00 | 0.40 | ≥ 0.30 (stretch 0.45) met |"
    assert second == "| … × nginx | 1.00 | 2.00 | ≤ 1.80 **missed** |"


def test_what_was_not_measured_has_no_row_or_no_number() -> None:
    text = table(results(50, 30))
    assert "cold start" not in text
    assert row(text, "failed requests") == "| failed requests | – | 0 | 0 met |"


def test_a_stack_that_is_missing_says_why() -> None:
    found = results(50, 30)
    found.stacks["nginx"] = StackResult(missing={"measurement": "nginx is not installed (apt-get install nginx-light)"})
    assert "- nginx: no measurement: nginx is not installed" in page(found)
    assert "| – |" in row(table(found), "requests/s per core")


def test_a_harness_at_its_limit_is_noted() -> None:
    found = results(50, 30)
    found.stacks["nginx"].numbers["plain_simulator_busy"] = 0.97
    assert "the simulator in the plain requests used 97%" in page(found)


def test_the_report_is_written_twice(tmp_path: Path) -> None:
    stem = write(results(50, 30), tmp_path / "results")
    assert stem.name == "2026-11-23-some-4-cores"
    assert stem.with_suffix(".md").read_text().startswith("# Benchmark of 2026-11-23")
    assert msgspec.json.decode(stem.with_suffix(".json").read_bytes(), type=Results) == results(50, 30)
