"""Reading segments back: whole, cut at any byte, damaged anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.core.record import Entry
from headgate.ledger import segment
from tests.support.ledger import admitted, settled

ENTRIES: list[Entry] = [admitted("r1"), settled("r1"), admitted("r2"), settled("r2"), admitted("r3")]
FRAMES = [segment.frame(entry) for entry in ENTRIES]
WHOLE = segment.HEADER + b"".join(FRAMES)


def at(number: int) -> int:
    """Where frame `number` begins."""
    return len(segment.HEADER) + sum(len(frame) for frame in FRAMES[:number])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / segment.name("w1", 1)


def test_a_name_says_whose_it_is_and_which(path: Path) -> None:
    found = segment.NAME.fullmatch(path.name)
    assert found and (found["writer"], int(found["sequence"])) == ("w1", 1)
    assert not segment.NAME.fullmatch(f"{path.name}.bad")


def test_entries_come_back_as_they_were(path: Path) -> None:
    path.write_bytes(WHOLE)
    assert segment.read(path, 0, 100, ended=False) == segment.Part(ENTRIES, len(WHOLE))


def test_reading_goes_on_where_it_ended(path: Path) -> None:
    path.write_bytes(WHOLE)
    first = segment.read(path, 0, 2, ended=False)
    assert (first.entries, first.offset) == (ENTRIES[:2], at(2))
    assert segment.read(path, first.offset, 100, ended=False).entries == ENTRIES[2:]


def test_an_entry_larger_than_one_read_is_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "READ_BYTES", 16)
    path.write_bytes(WHOLE)
    assert segment.read(path, 0, 100, ended=False).entries == ENTRIES


def test_a_last_frame_cut_at_any_byte_is_not_there_yet_while_its_writer_lives(path: Path) -> None:
    for cut in range(at(4), len(WHOLE)):
        path.write_bytes(WHOLE[:cut])
        assert segment.read(path, at(4), 100, ended=False) == segment.Part([], at(4))
    path.write_bytes(WHOLE)
    assert segment.read(path, at(4), 100, ended=False).entries == ENTRIES[4:]


def test_a_last_frame_cut_at_any_byte_is_a_torn_end_once_its_writer_is_dead(path: Path) -> None:
    for cut in range(at(4) + 1, len(WHOLE)):
        path.write_bytes(WHOLE[:cut])
        assert segment.read(path, 0, 100, ended=True) == segment.Part(ENTRIES[:4], at(4))
        assert segment.read(path, at(4), 100, ended=True) == segment.Part([], cut, torn_bytes=cut - at(4))


def test_a_header_cut_at_any_byte_is_an_empty_segment(path: Path) -> None:
    for cut in range(len(segment.HEADER)):
        path.write_bytes(WHOLE[:cut])
        assert segment.read(path, 0, 100, ended=False) == segment.Part([], 0)
        assert segment.read(path, 0, 100, ended=True) == segment.Part([], cut, torn_bytes=cut)


def test_a_flipped_byte_anywhere_loses_its_own_frame_and_no_other(path: Path) -> None:
    for place in range(at(1), at(2)):
        damaged = bytearray(WHOLE)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        before = segment.read(path, 0, 100, ended=False)
        assert (before.entries, before.offset) == (ENTRIES[:1], at(1))
        after = segment.read(path, at(1), 100, ended=False)
        assert after == segment.Part(ENTRIES[2:], len(WHOLE), (segment.Damage(at(1), at(2) - at(1)),))


def test_a_damaged_header_loses_no_entry(path: Path) -> None:
    path.write_bytes(b"?" + WHOLE[1:])
    assert segment.read(path, 0, 100, ended=False) == segment.Part(ENTRIES, len(WHOLE), (segment.Damage(0, len(segment.HEADER)),))


def test_a_tail_of_zeros_after_a_power_cut_is_a_torn_end(path: Path) -> None:
    path.write_bytes(WHOLE + bytes(4_096))
    part = segment.read(path, len(WHOLE), 100, ended=True)
    assert (part.entries, part.torn_bytes) == ([], 4_096)


def test_a_sound_frame_that_is_no_entry_is_damage(path: Path) -> None:
    strange = b"\x81\xa5entry\xa5other"
    odd = segment.LENGTH_AND_CRC.pack(len(strange), segment.crc32(strange)) + strange
    path.write_bytes(segment.HEADER + odd + FRAMES[0])
    part = segment.read(path, len(segment.HEADER), 100, ended=False)
    assert (part.entries, part.damage) == (ENTRIES[:1], (segment.Damage(len(segment.HEADER), len(odd)),))
