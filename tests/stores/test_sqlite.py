"""The store: what is kept comes back as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.core.record import Outcome, Settled
from headgate.core.stores import DEFAULT_TEAM, Batch, Dimension, KeyRow, Stores, Team, Wanted
from headgate.core.usage import CLASSES, Usage
from headgate.stores import sqlite
from tests.support import ledger


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = ledger.store(tmp_path)
    yield opened
    opened.close()


def key(id: str, name: str = "ci", **facts: object) -> KeyRow:
    return msgspec.structs.replace(KeyRow(id=id, name=name, team_id=DEFAULT_TEAM, created_at_ms=5), **facts)


def test_a_new_store_has_the_default_team_and_no_keys(stores: Stores) -> None:
    assert [(team.id, team.name) for team in stores.teams.rows()] == [(DEFAULT_TEAM, DEFAULT_TEAM)]
    assert stores.keys.rows() == []


def test_a_key_comes_back_as_it_was(stores: Stores) -> None:
    row = key("k1", models=frozenset({"smart", "fast"}), expires_at_ms=99, role="admin")
    assert stores.keys.add(row, b"d")
    assert stores.keys.get("k1") == row
    assert stores.keys.get("k2") is None


def test_a_name_is_in_use_until_its_key_is_revoked(stores: Stores) -> None:
    stores.teams.add(Team("t1", "research", 1))
    assert stores.keys.add(key("k1"), b"d")
    assert not stores.keys.add(key("k2"), b"d")
    assert stores.keys.add(key("k3", team_id="t1"), b"d")
    stores.keys.revoke("k1", 7)
    assert stores.keys.add(key("k2"), b"d")


def test_each_change_gives_a_new_version_and_only_what_changed(stores: Stores) -> None:
    stores.keys.add(key("k1"), b"d1")
    stores.keys.add(key("k2", "cd"), b"d2")
    version, keys = stores.keys.changed(0)
    assert (version, [key.id for key in keys]) == (stores.keys.version(), ["k1", "k2"])
    stores.keys.revoke("k2", 7)
    later, changed = stores.keys.changed(version)
    assert later > version
    assert [(key.id, key.revoked) for key in changed] == [("k2", True)]
    assert stores.keys.changed(later) == (later, [])


def test_a_rotation_keeps_the_digest_before_it_only_for_its_grace(stores: Stores) -> None:
    stores.keys.add(key("k1"), b"one")
    stores.keys.rotate("k1", b"two", 100, 150)
    [found] = stores.keys.changed(0)[1]
    assert (found.digest, found.previous_digest, found.previous_until_ms) == (b"two", b"one", 150)
    stores.keys.rotate("k1", b"three", 120, 120)
    [found] = stores.keys.changed(0)[1]
    assert (found.digest, found.previous_digest, found.previous_until_ms) == (b"three", None, 0)


def test_the_first_key_of_a_role_is_made_once(stores: Stores) -> None:
    assert stores.keys.add_first(key("k1", role="admin"), b"d")
    assert not stores.keys.add_first(key("k2", "other", role="admin"), b"d")


def test_a_team_is_found_by_id_before_name(stores: Stores) -> None:
    assert stores.teams.add(Team("t1", "research", 1))
    assert not stores.teams.add(Team("t2", "research", 1))
    assert stores.teams.add(Team("t3", "t1", 1))
    assert stores.teams.find("t1") == Team("t1", "research", 1)
    assert stores.teams.find("research") == Team("t1", "research", 1)
    assert stores.teams.find("nobody") is None


def test_a_record_comes_back_as_it_was(stores: Stores) -> None:
    every_class = Usage(*range(1, len(CLASSES) + 1))
    rows = [
        msgspec.structs.replace(ledger.settled("r1"), usage=every_class),
        Settled(id="r2", at_us=1, route="chat", outcome="refused", status_code=401, error="invalid_api_key"),
        msgspec.structs.replace(ledger.settled("r3"), cost_nano=None, attempts=()),
    ]
    stores.ledger.load(Batch(settled=rows))
    assert [stores.records.get(row.id) for row in rows] == rows
    assert stores.records.get("r4") is None


def test_loading_the_same_again_changes_nothing(stores: Stores) -> None:
    batch = Batch(settled=[ledger.settled("r1")], admitted=[ledger.admitted("r2")], writer="w", segment="w-00000001.seg", offset=10)
    stores.ledger.load(batch)
    stores.ledger.load(batch)
    assert ledger.everything(stores) == {"r1": ledger.settled("r1")}
    assert stores.ledger.admissions("w") == [ledger.admitted("r2")]
    assert stores.ledger.positions() == {"w-00000001.seg": 10}


def test_an_admission_read_again_after_its_end_stays_ended(stores: Stores) -> None:
    stores.ledger.load(Batch(admitted=[ledger.admitted("r1")], writer="w"))
    assert stores.ledger.open_admissions() == {"r1": "w"}
    stores.ledger.load(Batch(settled=[ledger.settled("r1")], closed=["r1"]))
    stores.ledger.load(Batch(admitted=[ledger.admitted("r1")], writer="w"))
    assert stores.ledger.open_admissions() == {}


def test_positions_of_deleted_segments_are_forgotten(stores: Stores) -> None:
    stores.ledger.load(Batch(segment="a", offset=1))
    stores.ledger.load(Batch(segment="b", offset=2))
    stores.ledger.forget(["a"])
    assert stores.ledger.positions() == {"b": 2}


def test_pages_are_newest_first_and_filtered(stores: Stores) -> None:
    rows = [ledger.settled(f"r{number}", at_us=number // 2) for number in range(6)]
    other = msgspec.structs.replace(ledger.settled("x", at_us=2), key_id="key2", outcome="error")
    stores.ledger.load(Batch(settled=[*rows, other]))
    assert [row.id for row in stores.records.page(Wanted(), 3, None)] == ["x", "r5", "r4"]
    assert [row.id for row in stores.records.page(Wanted(), 3, (2, "r4"))] == ["r3", "r2", "r1"]
    assert stores.records.page(Wanted(key_id="key2"), 3, None) == [other]
    assert [row.id for row in stores.records.page(Wanted(outcome="ok", since_us=1, until_us=2), 9, None)] == ["r3", "r2"]
    assert stores.records.page(Wanted(alias="none"), 9, None) == []


names = st.sampled_from([None, "a", "b", "c"])
tokens = st.integers(0, 10**12)
costs = st.none() | st.integers(0, 10**15)
outcomes: st.SearchStrategy[Outcome] = st.sampled_from(["ok", "refused", "error", "truncated", "client_gone", "interrupted"])
rows_of = st.lists(st.tuples(names, names, outcomes, tokens, tokens, costs, st.integers(0, 10)), max_size=20)
DIMENSIONS: tuple[Dimension, ...] = ("team", "key", "model", "alias", "deployment", "day")


@settings(max_examples=25)
@given(rows_of)
def test_usage_is_the_sum_of_its_rows_to_the_nano_dollar(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[object, ...]]) -> None:
    stores = sqlite.build(sqlite.Options(tmp_path_factory.mktemp("sums") / "headgate.db"))
    settled = [
        msgspec.structs.replace(
            ledger.settled(f"r{number}", at_us=int(str(day)) * 43_200_000_000),
            **{"key_id": key, "model": model, "alias": key, "team_id": model, "deployment": key, "outcome": outcome, "cost_nano": cost},
            usage=Usage(input=int(str(read)), cache_write_30m=int(str(written))),
        )
        for number, (key, model, outcome, read, written, cost, day) in enumerate(rows)
    ]
    stores.ledger.load(Batch(settled=settled))
    for dimension in DIMENSIONS:
        found = stores.records.usage(dimension, 0, 1 << 60)
        assert sum(row.requests for row in found) == len(settled)
        assert sum(row.cost_nano for row in found) == sum(row.cost_nano or 0 for row in settled)
        assert sum(row.unpriced for row in found) == sum(row.cost_nano is None for row in settled)
        assert sum(row.errors for row in found) == sum(row.outcome not in ("ok", "client_gone") for row in settled)
        assert sum(row.usage.cache_write_30m for row in found) == sum(row.usage.cache_write_30m for row in settled)
    for row in stores.records.usage("key", 0, 1 << 60):
        mine = [one for one in settled if one.key_id == row.value]
        assert (row.cost_nano, row.usage.input) == (sum(one.cost_nano or 0 for one in mine), sum(one.usage.input for one in mine))
    stores.close()


def test_usage_names_what_it_can_and_keeps_to_its_period(stores: Stores) -> None:
    stores.keys.add(key("key000000001", "nightly"), b"d")
    day_us = 86_400_000_000
    stores.ledger.load(Batch(settled=[ledger.settled(f"r{number}", at_us=number * day_us // 2) for number in range(4)]))
    [row] = stores.records.usage("key", 0, 3 * day_us // 2)
    assert (row.value, row.name, row.requests, row.cost_nano) == ("key000000001", "nightly", 3, 3 * 1_234)
    assert [(row.value, row.requests) for row in stores.records.usage("day", 0, 1 << 60)] == [("1970-01-01", 2), ("1970-01-02", 2)]
    assert [row.name for row in stores.records.usage("team", 0, 1 << 60)] == ["default"]
