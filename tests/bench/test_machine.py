from __future__ import annotations

import pytest

from bench.machine import Machine, machine, share


@pytest.mark.parametrize("cores", [{0}, {3, 5}, {0, 1, 2}, {0, 1, 2, 3}, set(range(16))])
def test_the_gateway_has_its_core_to_itself_where_there_are_two(cores: set[int]) -> None:
    shared = share(cores)
    others = {shared.load, shared.simulator, shared.aside}
    assert {shared.gateway} | others <= cores
    assert (shared.gateway not in others) == (len(cores) > 1)


def test_with_four_cores_nobody_shares() -> None:
    shared = share({0, 1, 2, 3})
    assert len({shared.gateway, shared.load, shared.simulator, shared.aside}) == 4


def test_the_file_name_tells_the_machine_and_not_its_host() -> None:
    assert Machine("AMD EPYC 7763 64-Core Processor", 4, 16, "6.1", "3.11").slug == "amd-epyc-7763-4-cores"
    assert Machine("Intel(R) Xeon(R) CPU @ 2.20GHz", 2, 8, "6.1", "3.11").slug == "intel-xeon-2-cores"


def test_this_machine_has_facts() -> None:
    here = machine()
    assert here.cpu
    assert here.cores >= 1
    assert here.memory_gib > 0
