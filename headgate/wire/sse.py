"""Server-sent events, cut whole out of a stream of bytes: each with the exact bytes it came in.

Lines end with LF, CRLF or CR and nothing else; an event ends with an empty line.
"""

from __future__ import annotations

import re

EVENT_BYTES = 16 << 20
"""The longest event that is taken: inline images are large, but not that large."""

_EMPTY_LINE = re.compile(rb"(?>\r\n|\n|\r)(?>\r\n|\n|\r)")
_LINE_END = re.compile(rb"\r\n|\n|\r")
LF, CR = b"\n"[0], b"\r"[0]
_BOM = b"\xef\xbb\xbf"


Event = tuple[bytes, bytes | None]
"""The bytes as they came, empty line included, and the data in them, its lines joined with LF; None where it has none (a comment)."""


class Splitter:
    """Feed it bytes in any cut; it gives back whole events. What comes after the last one is held."""

    __slots__ = ("_began", "_cr", "_held", "_plain", "_rests")

    def __init__(self) -> None:
        self._held = bytearray()
        self._began = False
        self._plain = True
        """No CR has been seen: lines end with LF alone."""
        self._cr = False
        """The last event ended with a CR, and the LF of the same line end may follow."""
        self._rests = False
        """Nothing is held and nothing is special: the next bytes may be looked at by themselves."""

    @property
    def held(self) -> int:
        """How many bytes wait for the end of their event."""
        return len(self._held)

    def one_event(self, data: bytes) -> bytes | None:
        """The data in these next bytes where they are one event of one line, `data: …`, by themselves: what nearly always comes."""
        if self._rests and data[:6] == b"data: " and data[-2:] == b"\n\n":
            said = data[6:-2]
            if LF not in said and CR not in said:  # as numbers: looking for bytes in bytes is five times as dear
                return said
        return None

    def feed(self, data: bytes) -> list[Event]:
        """The events that are now whole, in order. Joined, their bytes are those that were fed, less those held."""
        events = [(raw, data_of(raw)) for raw in self._cut(data)]
        self._rests = self._began and self._plain and not self._held
        return events

    def _cut(self, data: bytes) -> list[bytes]:
        if not self._began:
            return self._begin(data)
        if self._plain and b"\r" in data:
            self._plain = False
        if not self._plain:
            return self._cut_mixed(data)
        if self._held:
            searched = len(self._held) - 1
            self._held += data
            if self._held.find(b"\n\n", searched) < 0:
                return []
            data = bytes(self._held)
            self._held.clear()
        events = data.split(b"\n\n")
        self._held += events.pop()
        return [event + b"\n\n" for event in events]

    def rest(self) -> bytes:
        """What is left at the end of the stream: an event without its empty line."""
        return bytes(self._held)

    def _begin(self, data: bytes) -> list[bytes]:
        data = bytes(self._held) + data
        self._held.clear()
        if len(data) < len(_BOM) and _BOM.startswith(data):
            self._held += data
            return []
        self._began = True
        if data.startswith(_BOM):  # a chunk of its own, so that the first line begins with its name
            return [_BOM, *self._cut(data[len(_BOM) :])]
        return self._cut(data)

    def _cut_mixed(self, data: bytes) -> list[bytes]:
        held = self._held
        events: list[bytes] = []
        if self._cr and data:
            self._cr = False
            if data.startswith(b"\n"):
                events.append(b"\n")
                data = data[1:]
        searched, start = max(0, len(held) - 2), 0
        held += data
        while found := _EMPTY_LINE.search(held, searched):
            events.append(bytes(held[start : found.end()]))
            start = searched = found.end()
        if start:
            self._cr = start == len(held) and held.endswith(b"\r")
            del held[:start]
        return events


def data_of(event: bytes) -> bytes | None:
    """The event's data, its lines joined with LF; None where it has none (a comment)."""
    start = 0
    if event.startswith(b"event: "):
        start = event.find(b"\n") + 1
    if event.startswith(b"data: ", start):
        start += 6
        if event.find(b"\n", start) == len(event) - 2 and event.find(b"\r") < 0:
            return event[start:-2]
    lines = [_value(line) for line in _LINE_END.split(event) if line.startswith(b"data:") or line == b"data"]
    return b"\n".join(lines) if lines else None


def with_data(event: bytes, old: bytes, new: bytes) -> bytes:
    """The event with other data and everything else as it was."""
    at = event.find(old)
    if at >= 0:
        return event[:at] + new + event[at + len(old) :]
    others = [line for line in _LINE_END.split(event) if line and not line.startswith(b"data:") and line != b"data"]
    return b"\n".join([*others, *(b"data: " + line for line in new.split(b"\n"))]) + b"\n\n"


def ended(rest: bytes) -> Event:
    """What is left of a stream, as a whole event."""
    raw = rest + (b"\n" if rest.endswith(b"\n") else b"\n\n")
    return raw, data_of(raw)


def _value(line: bytes) -> bytes:
    value = line[5:]
    return value[1:] if value.startswith(b" ") else value
