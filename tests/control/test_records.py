"""Records, page by page and one by one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.control import records
from headgate.control.refusals import CursorInvalid, LimitInvalid, RecordUnknown
from headgate.core.stores import Batch, Stores, Wanted
from tests.support import ledger
from tests.support.ledger import settled


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = ledger.store(tmp_path)
    yield opened
    opened.close()


def ids(page: records.Page) -> list[str]:
    return [record.id for record in page.records]


def test_pages_neither_overlap_nor_skip_while_records_come_in(stores: Stores) -> None:
    stores.ledger.load(Batch(settled=[settled(f"r{number}", at_us=number // 3) for number in range(10)]))
    first = records.page(stores, limit=4)
    stores.ledger.load(Batch(settled=[settled("new", at_us=99)]))
    second = records.page(stores, limit=4, before=first.next)
    third = records.page(stores, limit=4, before=second.next)
    assert ids(first) + ids(second) + ids(third) == [f"r{number}" for number in reversed(range(10))]
    assert third.next is None


def test_an_exact_last_page_has_no_next(stores: Stores) -> None:
    stores.ledger.load(Batch(settled=[settled(f"r{number}", at_us=number) for number in range(4)]))
    assert records.page(stores, limit=4).next is None


def test_only_what_is_wanted_is_listed(stores: Stores) -> None:
    other = msgspec.structs.replace(settled("r2"), key_id="key2")
    stores.ledger.load(Batch(settled=[settled("r1"), other]))
    assert records.page(stores, Wanted(key_id="key2")).records == [other]


@pytest.mark.parametrize("limit", [0, -1, 1_001])
def test_a_limit_out_of_bounds_is_refused(stores: Stores, limit: int) -> None:
    with pytest.raises(LimitInvalid, match="from 1 to 1000"):
        records.page(stores, limit=limit)


@pytest.mark.parametrize("cursor", ["", "x", "12", "12:", ":r1", "-1:r1", "9" * 30 + ":r1"])
def test_a_made_up_place_is_refused(stores: Stores, cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        records.page(stores, before=cursor)


def test_one_record_has_its_attempts_in_order(stores: Stores) -> None:
    stores.ledger.load(Batch(settled=[settled("r1")]))
    assert records.explain(stores, "r1") == settled("r1")
    assert [attempt.status_code for attempt in records.explain(stores, "r1").attempts] == [503, 200]


def test_an_unknown_record_is_named(stores: Stores) -> None:
    with pytest.raises(RecordUnknown, match="no record of a request 'r9'"):
        records.explain(stores, "r9")
