from __future__ import annotations

from pathlib import Path

from bench.measure import Numbers, in_turns, medians
from bench.stacks import Launch, Running


def stack(name: str) -> Running:
    return Running(Launch(name, "", [], Path(), 1, {}, {}), 1, 0)


def test_rounds_become_medians_and_failures_sums() -> None:
    rounds: list[Numbers] = [{"rps": 3, "failed_plain": 1}, {"rps": 1, "failed_plain": 0}, {"rps": 2, "failed_plain": 4}]
    assert medians(rounds) == {"rps": 2, "failed_plain": 5}


def test_stacks_take_turns() -> None:
    order: list[str] = []

    def measure(running: Running) -> Numbers:
        order.append(running.launch.name)
        return {"n": float(len(order))}

    assert in_turns([stack("a"), stack("b")], measure, 2) == {"a": {"n": 2}, "b": {"n": 3}}
    assert order == ["a", "b", "a", "b"]


def test_a_stack_that_breaks_is_left_out_with_a_reason() -> None:
    def measure(running: Running) -> Numbers:
        if running.launch.name == "b":
            raise OSError("gone")
        return {"n": 1}

    assert in_turns([stack("a"), stack("b")], measure, 3) == {"a": {"n": 1}, "b": "OSError: gone"}
