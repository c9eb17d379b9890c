"""Usage by what people ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.control import usage
from headgate.control.refusals import PeriodInvalid
from headgate.core.stores import Batch, Stores
from tests.support import ledger
from tests.support.ledger import NOON_US, settled


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = ledger.store(tmp_path)
    yield opened
    opened.close()


def test_sums_are_exact_where_a_float_would_not_be(stores: Stores) -> None:
    large = 1 << 53
    rows = [settled(f"r{number}", cost_nano=cost) for number, cost in enumerate((large, 1, 1, None))]
    failed = msgspec.structs.replace(settled("r9", cost_nano=0), outcome="truncated", model=None)
    stores.ledger.load(Batch(settled=[*rows, failed]))
    by_model = {row.value: row for row in usage.by(stores, "model")}
    assert (by_model["m1"].cost_nano, by_model["m1"].unpriced, by_model["m1"].requests) == (large + 2, 1, 4)
    assert (by_model[None].errors, by_model[None].requests) == (1, 1)
    assert by_model["m1"].usage.reasoning == 12


def test_a_period_has_its_first_moment_and_not_its_last(stores: Stores) -> None:
    stores.ledger.load(Batch(settled=[settled(f"r{ms}", at_us=NOON_US + ms * 1000) for ms in range(4)]))
    noon_ms = NOON_US // 1000
    [row] = usage.by(stores, "day", noon_ms + 1, noon_ms + 3)
    assert (row.value, row.requests) == ("2026-01-01", 2)
    assert usage.by(stores, "day", noon_ms + 9, noon_ms + 9) == []


def test_a_period_that_ends_before_it_begins_is_refused(stores: Stores) -> None:
    with pytest.raises(PeriodInvalid):
        usage.by(stores, "day", 2, 1)
