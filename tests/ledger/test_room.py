"""Space set aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.ledger.room import Room
from tests.support.disk import Disk


def test_taken_space_is_on_the_disk_until_it_is_given_up(tmp_path: Path) -> None:
    room = Room(tmp_path / "w.reserve", 100_000)
    room.take()
    assert (tmp_path / "w.reserve").stat().st_blocks * 512 >= 100_000
    room.give_up()
    assert not list(tmp_path.iterdir())


def test_space_that_is_not_there_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path, monkeypatch)
    disk.fill(left=99_999)
    room = Room(tmp_path / "w.reserve", 100_000)
    with pytest.raises(OSError, match="No space left"):
        room.take()
    assert not room.held
    assert not list(tmp_path.iterdir())
    disk.fill(left=100_000)
    room.take()
    room.take()
    assert room.held


def test_no_reserve_needs_no_file(tmp_path: Path) -> None:
    room = Room(tmp_path / "w.reserve", 0)
    room.take()
    assert room.held
    assert not list(tmp_path.iterdir())
