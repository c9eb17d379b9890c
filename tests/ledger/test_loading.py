"""Loading the journal: every entry exactly once, whatever happened to its file, its writer, the store or the loader."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headgate.core.stores import Batch, Ledger, Stores, StoreUnavailable
from headgate.ledger import loading, recovery, segment
from headgate.ledger.journal import FOLDER, FileJournal, Options
from headgate.ledger.loading import Loader
from tests.support import ledger
from tests.support.ledger import SMALL, admitted, settled


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    (tmp_path / FOLDER).mkdir()
    opened = ledger.store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def opened(stores: Stores, tmp_path: Path) -> Iterator[FileJournal]:
    assert stores
    found = FileJournal(tmp_path, "w1", SMALL)
    yield found
    found.close()


def load(stores: Stores, data_dir: Path) -> int:
    """What a recorder that starts now would load."""
    return Loader(data_dir / FOLDER, stores.ledger).load()


def outcomes(stores: Stores) -> dict[str, str]:
    return {id: row.outcome for id, row in ledger.everything(stores).items()}


def files(data_dir: Path) -> list[str]:
    return sorted(path.name for path in (data_dir / FOLDER).iterdir())


def cut(data_dir: Path, number: int, bytes_left: int) -> None:
    path = ledger.segments(data_dir)[number]
    path.write_bytes(path.read_bytes()[:bytes_left])


def test_a_settled_request_is_a_row_and_nothing_else(stores: Stores, opened: FileJournal, tmp_path: Path) -> None:
    opened.admitted(admitted("r1"))
    opened.settled(settled("r1"))
    assert load(stores, tmp_path) == 2
    assert ledger.everything(stores) == {"r1": settled("r1")}
    assert stores.ledger.open_admissions() == {}


def test_a_running_request_is_no_row_until_it_is_settled(stores: Stores, opened: FileJournal, tmp_path: Path) -> None:
    loader = Loader(tmp_path / FOLDER, stores.ledger)
    opened.admitted(admitted("r1"))
    loader.load()
    assert (outcomes(stores), stores.ledger.open_admissions()) == ({}, {"r1": "w1"})
    opened.settled(settled("r1"))
    loader.load()
    assert (outcomes(stores), stores.ledger.open_admissions()) == ({"r1": "ok"}, {})


def test_a_settlement_finds_its_admission_through_a_restart(stores: Stores, opened: FileJournal, tmp_path: Path) -> None:
    opened.admitted(admitted("r1"))
    load(stores, tmp_path)
    opened.settled(settled("r1"))
    load(stores, tmp_path)
    assert (outcomes(stores), stores.ledger.open_admissions()) == ({"r1": "ok"}, {})


def test_rotated_segments_are_deleted_and_the_current_one_stays(stores: Stores, opened: FileJournal, tmp_path: Path) -> None:
    for number in range(50):
        opened.settled(settled(f"r{number}"))
    current = ledger.segments(tmp_path)[-1]
    assert load(stores, tmp_path) == 50
    assert ledger.segments(tmp_path) == [current]
    assert list(stores.ledger.positions()) == [current.name]
    assert len(outcomes(stores)) == 50


def test_a_closed_journal_leaves_no_file_and_no_place(stores: Stores, tmp_path: Path) -> None:
    ledger.write(tmp_path, "w1", range(30))
    load(stores, tmp_path)
    assert (files(tmp_path), stores.ledger.positions()) == ([], {})
    assert set(outcomes(stores).values()) == {"ok"}


def test_a_live_writers_requests_are_not_taken_for_interrupted(stores: Stores, opened: FileJournal, tmp_path: Path) -> None:
    opened.admitted(admitted("running"))
    ledger.write(tmp_path, "w0", range(3))
    load(stores, tmp_path)
    load(stores, tmp_path)
    assert outcomes(stores) == {"r0": "ok", "r1": "ok", "r2": "ok"}
    assert stores.ledger.open_admissions() == {"running": "w1"}


def test_a_dead_writers_running_requests_are_interrupted(stores: Stores, opened: FileJournal, tmp_path: Path) -> None:
    for id in ("r1", "r2", "r3"):
        opened.admitted(admitted(id))
    opened.settled(settled("r2"))
    load(stores, tmp_path)
    opened.close()
    load(stores, tmp_path)
    assert outcomes(stores) == {"r1": "interrupted", "r2": "ok", "r3": "interrupted"}
    assert (files(tmp_path), stores.ledger.open_admissions()) == ([], {})


def test_a_writer_that_goes_on_and_dies_while_it_is_looked_at_loses_nothing(
    stores: Stores, opened: FileJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holding = recovery.holding

    def last_words(path: Path) -> AbstractContextManager[bool]:
        for number in range(30):
            opened.settled(settled(f"r{number}"))
        opened.settled(settled("running"))
        opened.close()
        return holding(path)

    opened.admitted(admitted("running"))
    monkeypatch.setattr(recovery, "holding", last_words)
    load(stores, tmp_path)
    assert (len(outcomes(stores)), set(outcomes(stores).values()), files(tmp_path)) == (31, {"ok"}, [])


def test_requests_of_a_writer_whose_files_are_gone_are_interrupted(stores: Stores, tmp_path: Path) -> None:
    stores.ledger.load(Batch(admitted=[admitted("r1")], writer="w9", segment="w9-00000001.seg", offset=5))
    load(stores, tmp_path)
    assert outcomes(stores) == {"r1": "interrupted"}
    assert stores.ledger.positions() == {}


def test_a_torn_end_of_any_length_loses_only_what_was_being_written(stores: Stores, tmp_path: Path) -> None:
    last = len(segment.frame(settled("x2")))
    for left in range(last):
        writer = f"w{left}"
        journal = FileJournal(tmp_path, writer, Options(reserve_bytes=0))
        journal.admitted(admitted(f"{writer}a"))
        journal.settled(settled(f"{writer}b"))
        journal.close()
        size = ledger.segments(tmp_path)[0].stat().st_size
        cut(tmp_path, 0, size - len(segment.frame(settled(f"{writer}b"))) + left)
        load(stores, tmp_path)
        assert stores.records.get(f"{writer}b") is None
    assert set(outcomes(stores).values()) == {"interrupted"}
    assert (len(outcomes(stores)), files(tmp_path)) == (last, [])


def test_damage_in_the_middle_is_kept_reported_and_passed_over(stores: Stores, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    ledger.write(tmp_path, "w1", range(30))
    path = ledger.segments(tmp_path)[1]
    content = bytearray(path.read_bytes())
    first = segment.read(path, 0, 1, ended=True)
    content[first.offset + 20] ^= 0xFF
    path.write_bytes(content)
    lost = segment.read(path, first.offset, 1, ended=True).damage[0].length
    load(stores, tmp_path)
    assert files(tmp_path) == [f"{path.name}.bad"]
    assert (tmp_path / FOLDER / f"{path.name}.bad").read_bytes() == content
    assert len(outcomes(stores)) in (29, 30)
    [said] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said.startswith(f"segment_damaged segment={path.name} offset={first.offset} bytes={lost} kept=")


def test_a_segment_read_twice_gives_each_row_once(stores: Stores, tmp_path: Path) -> None:
    ledger.write(tmp_path, "w1", range(3))
    copies = {path: path.read_bytes() for path in ledger.segments(tmp_path)}
    load(stores, tmp_path)
    before = ledger.everything(stores)
    for path, content in copies.items():
        path.write_bytes(content)
    load(stores, tmp_path)
    assert ledger.everything(stores) == before
    assert (files(tmp_path), stores.ledger.open_admissions()) == ([], {})


class Failing:
    """A ledger that fails at its n-th change, before or after it is done: a kill between any two steps looks like one of these."""

    def __init__(self, inner: Ledger, at: int, done: bool) -> None:
        self.inner, self.left, self.done = inner, at, done
        self.positions, self.open_admissions, self.admissions = inner.positions, inner.open_admissions, inner.admissions

    def load(self, batch: Batch) -> None:
        self._change(lambda: self.inner.load(batch))

    def forget(self, segments: Sequence[str]) -> None:
        self._change(lambda: self.inner.forget(segments))

    def _change(self, change: Callable[[], None]) -> None:
        self.left -= 1
        if self.left >= 0 or self.done:
            change()
        if self.left < 0:
            raise StoreUnavailable("The store is away.")


@settings(max_examples=40)
@given(at=st.integers(0, 12), done=st.booleans(), batch=st.integers(1, 9), restarted=st.booleans())
def test_a_loader_that_fails_anywhere_goes_on_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, at: int, done: bool, batch: int, restarted: bool
) -> None:
    data_dir = tmp_path_factory.mktemp("failing")
    stores = ledger.store(data_dir)
    ledger.write(data_dir, "w0", range(20))
    journal = FileJournal(data_dir, "w1", SMALL)
    for number in range(20, 35):
        journal.admitted(admitted(f"r{number}"))
        if number % 3:
            journal.settled(settled(f"r{number}"))
    journal.close()
    failing = Failing(stores.ledger, at, done)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "BATCH", batch)
        loader = Loader(data_dir / FOLDER, failing)
        with suppress(StoreUnavailable):
            loader.load()
        failing.left = 1_000_000
        (Loader(data_dir / FOLDER, failing) if restarted else loader).load()
    expected = {f"r{number}": "ok" if number < 20 or number % 3 else "interrupted" for number in range(35)}
    assert outcomes(stores) == expected
    assert (files(data_dir), stores.ledger.positions(), stores.ledger.open_admissions()) == ([], {}, {})
    stores.close()


def test_a_loader_goes_on_after_its_store_was_away(stores: Stores, tmp_path: Path) -> None:
    ledger.write(tmp_path, "w1", range(30))
    failing = Failing(stores.ledger, 2, done=False)
    loader = Loader(tmp_path / FOLDER, failing)
    with pytest.raises(StoreUnavailable):
        loader.load()
    failing.left = 1_000
    loader.load()
    assert len(outcomes(stores)) == 30
