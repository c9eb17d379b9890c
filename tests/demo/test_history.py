"""The past that the demo begins with."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from headgate.config import catalog, load, prices
from headgate.core.ports import Catalog
from headgate.core.record import Settled
from headgate.core.stores import KeyRow
from headgate.demo import history, place
from headgate.ledger.journal import FOLDER
from headgate.ledger.recorder import Recorder
from tests.support.ledger import NOON_US, everything, store

CALLERS = [KeyRow("k1", "app", "default", 0), KeyRow("k2", "batch", "default", 0, models=frozenset({"fast"}))]


@pytest.fixture
def known(tmp_path: Path) -> Catalog:
    return catalog.build(load.load(place.write_config(tmp_path, 4000, "http://127.0.0.1:9"), {}), prices.load())


@pytest.fixture
def past(known: Catalog) -> list[Settled]:
    return [settled for _, settled in history.requests(known, CALLERS, NOON_US, random.Random(1))]


def test_it_reaches_over_days_and_ends_before_now(past: list[Settled]) -> None:
    days = {settled.at_us // history.DAY_US for settled in past}
    assert len(days) == history.DAYS + 1
    assert max(settled.at_us for settled in past) < NOON_US - history.HOUR_US // 2
    assert len({settled.id for settled in past}) == len(past)
    assert [settled.at_us for settled in past] == sorted(settled.at_us for settled in past)


def test_every_cost_is_what_the_price_says(past: list[Settled], known: Catalog) -> None:
    by_name = {deployment.name: deployment for model in known.models.values() for deployment in model.deployments}
    for settled in past:
        price = by_name[settled.deployment].price if settled.deployment else None
        assert settled.cost_nano == (price.cost_nano(settled.usage) if price and settled.usage_source != "none" else 0)


def test_times_are_in_order(past: list[Settled]) -> None:
    for settled in past:
        times = [0, *(us for attempt in settled.attempts for us in (attempt.started_us, attempt.ended_us)), settled.total_us]
        assert times == sorted(times)


def test_every_kind_of_end_is_there(past: list[Settled]) -> None:
    assert {settled.outcome for settled in past} >= {"ok", "error", "refused", "client_gone"}
    assert all(settled.alias in ("fast", "gpt-5") for settled in past if settled.key_id == "k2")


def test_it_goes_through_journal_and_recorder(tmp_path: Path, known: Catalog) -> None:
    written = history.write(tmp_path, known, CALLERS, NOON_US, random.Random(1))
    stores = store(tmp_path)
    assert Recorder(tmp_path / FOLDER, stores.ledger).load()
    assert len(everything(stores)) == written
    assert stores.ledger.open_admissions() == {}
    stores.close()
