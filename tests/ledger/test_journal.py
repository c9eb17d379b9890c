"""Writing the journal: every entry is in the file when the call returns, or the call says that it is not."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from headgate.core.errors import ConfigError, JournalUnavailable
from headgate.core.ports import Journal
from headgate.core.record import Admitted, Entry, Settled
from headgate.ledger import journal, recovery, segment
from headgate.ledger.journal import FOLDER, FileJournal, Options
from tests.support import ledger
from tests.support.disk import Disk
from tests.support.ledger import SMALL, admitted, settled


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[FileJournal]:
    found = FileJournal(tmp_path, "w1", SMALL)
    yield found
    with suppress(OSError):
        found.close()


@pytest.fixture
def disk(opened: FileJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    assert opened
    return Disk(tmp_path / FOLDER, monkeypatch)


def entries(data_dir: Path) -> list[Entry]:
    """What a reader finds now; nothing torn, nothing damaged."""
    found: list[Entry] = []
    for path in ledger.segments(data_dir):
        part = segment.read(path, 0, 1_000_000, ended=True)
        assert (part.damage, part.offset) == ((), path.stat().st_size)
        found += part.entries
    return found


def until_full(opened: FileJournal) -> list[str]:
    """Admit until that is refused; the ids that were admitted."""
    ids: list[str] = []
    with pytest.raises(JournalUnavailable, match="No space left on device"):
        for number in range(1_000):
            opened.admitted(admitted(f"r{number}"))
            ids.append(f"r{number}")
    return ids


def test_it_is_the_journal_the_pipeline_needs(opened: FileJournal) -> None:
    port: Journal = opened
    assert port


def test_writers_names_sort_by_time_and_fit_their_files() -> None:
    names = [journal.new_writer(now_us, chance) for now_us, chance in ((ledger.NOON_US, b"ab"), (ledger.NOON_US + 1, b"aa"))]
    assert names == sorted(names)
    assert segment.NAME.fullmatch(segment.name(names[0], 1))


def test_an_entry_can_be_read_as_soon_as_the_call_returns(opened: FileJournal, tmp_path: Path) -> None:
    opened.admitted(admitted("r1"))
    assert entries(tmp_path) == [admitted("r1")]
    opened.settled(settled("r1"))
    assert entries(tmp_path) == [admitted("r1"), settled("r1")]


def test_segments_rotate_by_size_and_lose_nothing(opened: FileJournal, tmp_path: Path) -> None:
    for number in range(50):
        opened.settled(settled(f"r{number}"))
    assert [entry.id for entry in entries(tmp_path)] == [f"r{number}" for number in range(50)]
    sizes = [path.stat().st_size for path in ledger.segments(tmp_path)]
    assert len(sizes) > 3
    assert max(sizes) < SMALL.segment_bytes + len(segment.frame(settled("r49")))


def test_an_old_segment_rotates_at_the_next_entry(tmp_path: Path) -> None:
    opened = FileJournal(tmp_path, "w1", replace(SMALL, segment_age_ms=1, fsync_interval_ms=1))
    number = 0
    while len(ledger.segments(tmp_path)) < 3:
        number += 1
        opened.settled(settled(f"r{number}"))
        threading.Event().wait(0.002)
    opened.close()
    assert len(entries(tmp_path)) == number


def test_files_are_for_their_owner_only(opened: FileJournal, tmp_path: Path) -> None:
    assert opened
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / FOLDER).iterdir()} == {0o600}


def test_its_lock_is_held_while_it_is_open(opened: FileJournal, tmp_path: Path) -> None:
    with recovery.holding(tmp_path / FOLDER / "w1.lock") as free:
        assert not free
    opened.close()
    with recovery.holding(tmp_path / FOLDER / "w1.lock") as free:
        assert free


def test_a_lock_that_a_recorder_deleted_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / FOLDER / "w1.lock"
    taken: list[int] = []
    flock = journal.fcntl.flock

    def deleted_meanwhile(descriptor: int, operation: int) -> None:
        if not taken:
            path.unlink()
        taken.append(descriptor)
        flock(descriptor, operation)

    monkeypatch.setattr(journal.fcntl, "flock", deleted_meanwhile)
    opened = FileJournal(tmp_path, "w1", SMALL)
    monkeypatch.undo()
    with recovery.holding(path) as free:
        assert not free
    opened.close()


def test_fsync_always_is_done_before_the_call_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = FileJournal(tmp_path, "w1", replace(SMALL, fsync="always", fsync_interval_ms=3_600_000))
    synced: list[int] = []
    monkeypatch.setattr(os, "fdatasync", synced.append)
    opened.admitted(admitted("r1"))
    opened.settled(settled("r1"))
    assert len(synced) == 2
    opened.close()


def test_fsync_by_interval_is_done_in_the_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced = threading.Event()
    by: list[str] = []

    def sync(_: int) -> None:
        by.append(threading.current_thread().name)
        synced.set()

    monkeypatch.setattr(os, "fdatasync", sync)
    opened = FileJournal(tmp_path, "w1", replace(SMALL, fsync_interval_ms=1))
    opened.admitted(admitted("r1"))
    assert synced.wait(10)
    assert set(by) == {"journal-fsync"}
    opened.close()


def test_a_disk_that_cannot_be_synced_stops_admission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fdatasync", fail)
    monkeypatch.setattr(journal, "HEAL_EVERY_S", 3_600)
    opened = FileJournal(tmp_path, "w1", replace(SMALL, fsync="always"))
    with pytest.raises(JournalUnavailable, match=r"\(Input/output error\).*look at its disk"):
        opened.admitted(admitted("r1"))
    assert opened.unavailable == "Input/output error"
    monkeypatch.undo()
    opened.admitted(admitted("r2"))
    assert len(ledger.segments(tmp_path)) == 2
    opened.close()


def test_a_full_disk_refuses_in_one_sentence_and_leaves_whole_frames(opened: FileJournal, disk: Disk, tmp_path: Path) -> None:
    disk.fill(left=1_000)
    ids = until_full(opened)
    assert ids
    assert [entry.id for entry in entries(tmp_path)] == ids
    with pytest.raises(JournalUnavailable) as refusal:
        opened.admitted(admitted("more"))
    assert refusal.value.message == (
        "The gateway cannot write its journal (No space left on device), and it serves nothing unrecorded. "
        "Try again later; whoever runs it must free disk space."
    )
    assert (refusal.value.kind, refusal.value.retry_after_s) == ("unavailable", 5)


def test_it_goes_on_by_itself_when_there_is_space_again(opened: FileJournal, disk: Disk, tmp_path: Path) -> None:
    disk.fill(left=1_000)
    ids = until_full(opened)
    disk.fill(left=100_000)
    opened.admitted(admitted("after"))
    assert opened.unavailable is None
    assert [entry.id for entry in entries(tmp_path)] == [*ids, "after"]


def test_it_heals_without_being_asked(opened: FileJournal, disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "HEAL_EVERY_S", 0.001)
    disk.fill(left=1_000)
    until_full(opened)
    disk.fill(left=100_000)
    while opened.unavailable is not None:
        threading.Event().wait(0.01)


def test_what_was_admitted_is_settled_on_a_full_disk(opened: FileJournal, disk: Disk, tmp_path: Path) -> None:
    disk.fill(left=1_000)
    ids = until_full(opened)
    for id in ids:
        opened.settled(settled(id))
    assert [entry.id for entry in entries(tmp_path) if isinstance(entry, Settled)] == ids


def test_nothing_is_admitted_into_the_space_for_settling(opened: FileJournal, disk: Disk, tmp_path: Path) -> None:
    disk.fill(left=1_000)
    ids = until_full(opened)
    opened.settled(settled(ids[0]))
    assert disk.free > 1_000
    with pytest.raises(JournalUnavailable):
        opened.admitted(admitted("more"))
    with pytest.raises(JournalUnavailable):
        opened.settled(replace_outcome(settled("refused")))
    assert {entry.id for entry in entries(tmp_path)} == set(ids)


def replace_outcome(entry: Settled) -> Settled:
    """A request that was refused before it was admitted."""
    return Settled(id=entry.id, at_us=entry.at_us, route=entry.route, outcome="refused", status_code=401)


def test_what_cannot_even_be_settled_is_said_and_written_later(opened: FileJournal, disk: Disk, tmp_path: Path) -> None:
    opened.admitted(admitted("r1"))
    disk.failure = errno.EIO
    with pytest.raises(JournalUnavailable):
        opened.settled(settled("r1"))
    assert entries(tmp_path) == [admitted("r1")]
    disk.failure = None
    opened.admitted(admitted("r2"))
    assert entries(tmp_path) == [admitted("r1"), settled("r1"), admitted("r2")]


def test_what_is_owed_is_written_on_closing(opened: FileJournal, disk: Disk, tmp_path: Path) -> None:
    opened.admitted(admitted("r1"))
    disk.failure = errno.EIO
    with pytest.raises(JournalUnavailable):
        opened.settled(settled("r1"))
    disk.failure = None
    opened.close()
    assert entries(tmp_path) == [admitted("r1"), settled("r1")]


def test_refused_requests_take_no_memory_while_the_disk_is_full(opened: FileJournal, disk: Disk) -> None:
    disk.fill()
    for number in range(100):
        with pytest.raises(JournalUnavailable):
            opened.settled(replace_outcome(settled(f"r{number}")))
    assert opened.owed == 0


def test_a_full_disk_is_logged_once(opened: FileJournal, disk: Disk, caplog: pytest.LogCaptureFixture) -> None:
    disk.fill()
    for number in range(50):
        with pytest.raises(JournalUnavailable):
            opened.admitted(admitted(f"r{number}"))
    assert [record.message.split()[0] for record in caplog.records] == ["journal_unavailable"]


def test_an_interrupted_write_that_cannot_be_cut_off_leaves_its_segment(
    opened: FileJournal, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int, _length: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    opened.admitted(admitted("r1"))
    monkeypatch.setattr(os, "ftruncate", fail)
    disk.fill(left=10)
    with pytest.raises(JournalUnavailable):
        opened.admitted(admitted("r2"))
    disk.fill(left=100_000)
    opened.admitted(admitted("r3"))
    first, second = ledger.segments(tmp_path)
    part = segment.read(first, 0, 100, ended=True)
    assert part.entries == [admitted("r1")]
    assert segment.read(first, part.offset, 100, ended=True).torn_bytes == 10
    assert segment.read(second, 0, 100, ended=True).entries == [admitted("r3")]


def test_calls_from_many_threads_do_not_mix(opened: FileJournal, tmp_path: Path) -> None:
    def run(name: str) -> None:
        for number in range(200):
            opened.admitted(admitted(f"{name}{number}"))
            opened.settled(settled(f"{name}{number}"))

    threads = [threading.Thread(target=run, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = entries(tmp_path)
    assert len({entry.id for entry in found if isinstance(entry, Admitted)}) == 800
    assert len(found) == 1_600


def test_a_closed_journal_refuses(opened: FileJournal) -> None:
    opened.close()
    with pytest.raises(JournalUnavailable):
        opened.admitted(admitted("r1"))


def test_a_place_that_cannot_be_written_is_a_start_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"journal in .* cannot be written \(Not a directory\)"):
        FileJournal(tmp_path / "file", "w1", Options())


def test_too_little_room_at_the_start_is_a_start_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / FOLDER).mkdir()
    Disk(tmp_path / FOLDER, monkeypatch).fill(left=1_000_000)
    with pytest.raises(ConfigError, match="with at least 4 MB free"):
        FileJournal(tmp_path, "w1", Options())
