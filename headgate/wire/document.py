"""A JSON object as its sender wrote it: every top-level member has a known place, and an edit changes nothing beside it.

A member that is there twice is refused: two parsers may choose differently, and what is governed here must be what the provider reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from headgate.core.errors import BadRequest, InvalidJson

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_BOM = b"\xef\xbb\xbf"
_NAME = re.compile(rb'[ \t\n\r]*+[{,][ \t\n\r]*+("[^"\\]*+(?:\\.[^"\\]*+){0,256}+")[ \t\n\r]*+:[ \t\n\r]*+', re.DOTALL)
"""The name of the next member, up to where its value begins."""
_COMMA = re.compile(rb"[ \t\n\r]*+,?")
_END = re.compile(rb"[ \t\n\r]*\}")
_LONE_SURROGATE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL
)

_LONGEST_NAME = 64
_MOST_MEMBERS = 1_000

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What a decoder raises for bytes that it cannot take for its type: not JSON, not UTF-8, a number too long, too deep."""

CHECKED_BYTES = 1 << 20
"""Up to this size the whole text is checked to be UTF-8 and typed. A longer one would hold the event loop up, so that what lies deep
in it is left to the provider; what the gateway decides by is always checked."""


class Document:
    """A body that is a JSON object with each member once. Raises InvalidJson and BadRequest, with the reason for the caller."""

    __slots__ = ("_values", "body", "members")

    def __init__(self, body: bytes) -> None:
        if body.startswith(_BOM):
            body = body[len(_BOM) :]
        self.body = body
        self.members: dict[str, msgspec.Raw] = _members(body)
        if len(self.members) > _MOST_MEMBERS:
            raise BadRequest(f"The body has more than {_MOST_MEMBERS} members at its top level.")
        self._values: dict[str, int] = {}
        """Where each member's value begins; empty as long as nobody asked."""
        if not self._is_tight():
            self._walk()

    def _is_tight(self) -> bool:
        """Whether the names and values that were decoded, with the least there can be between them, fill the body to the byte.

        Then there is no room for a second member of any name, and each place is a sum. Most clients write like this.
        """
        members = self.members
        return 1 + sum(map(len, members)) + sum(map(len, members.values())) + len('"":,') * len(members) == len(self.body)

    def _walk(self) -> None:
        """Find every value in the bytes. Where one is not what the decoder has, a later member took its place."""
        values, body, at, last = self._values, self.body, 0, ""
        next_name, has = _NAME.match, body.startswith
        for key, raw in self.members.items():
            name = next_name(body, at)
            if name is None or not has(raw, start := name.end()):
                raise _twice(body, at, last)
            values[key] = start
            at, last = start + len(raw), key
        if values and not _END.match(body, at):
            raise _twice(body, at, last)

    def _places(self) -> dict[str, int]:
        values = self._values
        if not values:
            at = 1
            for key, raw in self.members.items():
                values[key] = start = at + len(key) + len('"":')
                at = start + len(raw) + len(",")
        return values

    def raw(self, key: str) -> msgspec.Raw:
        """The bytes of a member's value; empty where there is no such member."""
        return self.members.get(key, NOTHING)

    def extent(self, key: str) -> tuple[int, int]:
        """Where a member's value begins and ends in the body; nowhere (0, 0) if there is none."""
        at = self._places().get(key)
        return (0, 0) if at is None else (at, at + len(self.members[key]))

    def replaced(self, edits: Mapping[str, bytes | None]) -> bytes:
        """The body with these members' values exchanged, cut (None) or, where they are missing, added; all else byte for byte."""
        if len(edits) == 1:
            for key, value in edits.items():
                if value is not None and key in self.members:
                    start, end = self.extent(key)
                    whole = memoryview(self.body)
                    return b"".join((whole[:start], value, whole[end:]))
        return self._rewritten(edits)

    def _rewritten(self, edits: Mapping[str, bytes | None]) -> bytes:
        view, at = memoryview(self.body), 0
        parts: list[bytes | memoryview] = []
        kept, end = False, self.body.index(b"{") + 1
        for key, value_at in self._places().items():
            before, end = end, value_at + len(self.members[key])
            if key not in edits:
                kept = True
                continue
            value = edits[key]
            if value is not None:
                parts += (view[at:value_at], value)
                kept, at = True, end
            else:
                parts.append(view[at:before])
                comma = None if kept else _COMMA.match(self.body, end)
                at = comma.end() if comma else end
        for key, value in edits.items():
            if key not in self.members and value is not None:
                parts += (view[at:end], b"," if kept else b"", msgspec.json.encode(key), b":", value)
                kept, at = True, max(at, end)
        parts.append(view[at:])
        return b"".join(parts)


NOTHING = msgspec.Raw()


def readable(text: bytes) -> bytes:
    """`text` with every half of a surrogate pair that stands alone exchanged for U+FFFD, in as many bytes.

    Models are cut between the halves of an emoji; strict decoders refuse the text then, although each place in it is still known.
    """
    return _LONE_SURROGATE.sub(lambda found: b"\\ufffd" if found[1] else found[0], text)


def _members(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        members = _MEMBERS.decode(body)
        if len(body) <= CHECKED_BYTES and not body.isascii():
            body.decode()
    except msgspec.ValidationError:
        raise BadRequest("The body must be a JSON object.") from None
    except msgspec.DecodeError as cause:
        raise InvalidJson(_why_not(body, str(cause))) from None
    except UnicodeDecodeError as cause:
        raise InvalidJson(f"The body is not UTF-8: {cause.reason} (byte {cause.start}).") from None
    except RecursionError:
        raise InvalidJson("The body is nested too deeply to be read.") from None
    return members


def _why_not(body: bytes, said: str) -> str:
    if not body.strip():
        return "The body is empty: send a JSON object."
    if len(body) <= CHECKED_BYTES and readable(body) != body:
        return "The body has half a surrogate pair (\\ud800 to \\udfff without its partner), which is no character."
    return f"The body is not JSON: {said.removeprefix('JSON is malformed: ')}."


def _twice(body: bytes, at: int, last: str) -> BadRequest:
    """Why the walk stopped at this place, behind the member `last`."""
    name = _NAME.match(body, at)
    if name is not None:
        last = msgspec.json.decode(name[1], type=str)
    elif body[at : at + 1] in (b",", b"{", b" ", b"\t", b"\r", b"\n"):
        return BadRequest("The body has a member with a name that is too long to be read.")
    key = last[:_LONGEST_NAME]  # where a number goes on, it was `last` that a later one took the place of
    return BadRequest(f"{key}: this member is there twice; send it once.", param=key)
