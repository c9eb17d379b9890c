"""The journal's files: names, frames, and reading them back whatever happened to them.

A segment is `<writer>-<sequence>.seg`: HEADER, then frames. A frame is the payload's length and CRC-32, four bytes each, and the
payload, a core.record entry in MessagePack. Frames are only ever appended, so a reader's place in a segment is a byte offset.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from zlib import crc32

import msgspec

from headgate.core.record import Admitted, Entry, Settled

HEADER = b"HGSEG\x00\x00\x01"

LENGTH_AND_CRC = Struct("<II")
FRAME_HEAD = LENGTH_AND_CRC.size

READ_BYTES = 1 << 20
"""How much is read at once, unless a frame is larger."""

ENTRY_START = re.compile(rb"[\x80-\x8f]\xa5entry|\xde..\xa5entry", re.DOTALL)
"""How every payload begins: a map whose first key is the tag. Finds the next frame after damaged bytes."""

NAME = re.compile(r"(?P<writer>[a-z0-9]+)-(?P<sequence>[0-9]{8,})\.seg")

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Admitted | Settled).decode
_pack = LENGTH_AND_CRC.pack


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes that are no frame, with good frames after them."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one reading of a segment gave, and where the next begins."""

    entries: list[Entry]
    offset: int
    damage: tuple[Damage, ...] = ()
    torn_bytes: int = 0
    """At the end of an ended segment: an entry that was being written when its writer died."""


def name(writer: str, sequence: int) -> str:
    return f"{writer}-{sequence:08d}.seg"


def frame(entry: Entry) -> bytes:
    payload = _encode(entry)
    return _pack(len(payload), crc32(payload)) + payload


def read(path: Path, offset: int, most: int, ended: bool) -> Part:
    """Up to `most` entries from `offset` on. `ended` says that nothing will be appended any more.

    What is not a whole frame yet is left for later in a segment that goes on, and is a torn end in one that does not.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        size = os.fstat(descriptor).st_size
        if offset == 0:
            offset = _after_header(os.pread(descriptor, len(HEADER), 0))
        part = _parse(memoryview(os.pread(descriptor, READ_BYTES, offset)), offset, most)
        if part.entries or part.offset >= size:
            return part
        # Not one whole frame: it is unfinished, damaged, or larger than what was read. The whole rest of the segment tells which.
        rest = os.pread(descriptor, size - part.offset, part.offset)
    finally:
        os.close(descriptor)
    return _beyond(rest, part.offset, most, ended)


def _after_header(start: bytes) -> int:
    # A segment whose header is damaged is read like any other damage; one that is shorter has nothing in it yet.
    return len(HEADER) if start == HEADER else 0


def _parse(view: memoryview, base: int, most: int) -> Part:
    """Frames from the start of `view` until it ends, or they are enough, or one is not whole and sound."""
    entries: list[Entry] = []
    at, end = 0, len(view)
    while len(entries) < most and at + FRAME_HEAD <= end:
        length, crc = LENGTH_AND_CRC.unpack_from(view, at)
        start, stop = at + FRAME_HEAD, at + FRAME_HEAD + length
        if not length or stop > end or crc32(view[start:stop]) != crc:
            break
        try:
            entries.append(_decode(view[start:stop]))
        except msgspec.DecodeError:
            break
        at = stop
    return Part(entries, base + at)


def _beyond(rest: bytes, base: int, most: int, ended: bool) -> Part:
    """What follows a place where no whole frame was: more frames, damage and then frames, or nothing."""
    view = memoryview(rest)
    part = _parse(view, base, most)
    if part.entries:
        return part
    for start in _candidates(rest):
        found = _parse(view[start:], base + start, most)
        if found.entries:
            return Part(found.entries, found.offset, (Damage(base, start),))
    if not ended:
        return Part([], base)
    return Part([], base + len(rest), torn_bytes=len(rest))


def _candidates(data: bytes) -> list[int]:
    return [found.start() - FRAME_HEAD for found in ENTRY_START.finditer(data) if found.start() > FRAME_HEAD]
