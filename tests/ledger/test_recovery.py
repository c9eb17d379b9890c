"""What becomes of a dead writer's requests and files."""

from __future__ import annotations

from pathlib import Path

import msgspec

from headgate.core.stores import Batch
from headgate.core.usage import Usage
from headgate.ledger import recovery
from tests.support import ledger
from tests.support.ledger import admitted, settled


def test_what_was_running_becomes_one_row_each_charged_by_estimate(tmp_path: Path) -> None:
    stores = ledger.store(tmp_path)
    running = [admitted("r1"), admitted("r2", estimate_nano=None)]
    stores.ledger.load(Batch(settled=[settled("r0")], admitted=running, writer="w1"))
    stores.ledger.load(Batch(admitted=[admitted("other")], writer="w2"))
    assert recovery.finish(stores.ledger, "w1") == 2
    assert recovery.finish(stores.ledger, "w1") == 0
    found = ledger.everything(stores)
    assert {id: (row.outcome, row.usage_source, row.cost_nano) for id, row in found.items()} == {
        "r0": ("ok", "provider", 1_234),
        "r1": ("interrupted", "estimated", 700),
        "r2": ("interrupted", "estimated", None),
    }
    assert (found["r1"].usage, found["r1"].error) == (Usage(input=7), "gateway_died")
    assert stores.ledger.open_admissions() == {"other": "w2"}
    stores.close()


def test_a_row_that_is_there_stays_as_it_is(tmp_path: Path) -> None:
    stores = ledger.store(tmp_path)
    stores.ledger.load(Batch(admitted=[admitted("r1")], writer="w1"))
    truth = msgspec.structs.replace(settled("r1"), outcome="client_gone")
    stores.ledger.load(Batch(settled=[truth]))
    recovery.finish(stores.ledger, "w1")
    assert ledger.everything(stores) == {"r1": truth}
    stores.close()


def test_a_lock_is_held_by_one_and_free_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "w1.lock"
    with recovery.holding(path, make=True) as mine, recovery.holding(path) as theirs:
        assert (mine, theirs) == (True, False)
    with recovery.holding(path) as mine:
        assert mine


def test_no_lock_is_nobodys(tmp_path: Path) -> None:
    with recovery.holding(tmp_path / "w1.lock") as free:
        assert free
    assert not list(tmp_path.iterdir())


def test_sweeping_leaves_other_writers_files(tmp_path: Path) -> None:
    for name in ("w1.lock", "w1.reserve", "w2.lock"):
        (tmp_path / name).touch()
    recovery.sweep(tmp_path, "w1")
    recovery.sweep(tmp_path, "w1")
    assert [path.name for path in tmp_path.iterdir()] == ["w2.lock"]
