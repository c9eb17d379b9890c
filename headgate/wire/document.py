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
        self._values: dict[str, int] = {}
        """Where each member's value begins."""
        at, has = 0, body.startswith
        for key, raw in self.members.items():
            name = _NAME.match(body, at)
            if name is None or not has(raw, name.end()):
                raise _twice(body, at)
            self._values[key] = at = name.end()
            at += len(raw)
        if self.members and not _END.match(body, at):
            raise _twice(body, at)

    def raw(self, key: str) -> msgspec.Raw:
        """The bytes of a member's value; empty where there is no such member."""
        return self.members.get(key, NOTHING)

    def first_byte(self, key: str) -> bytes:
        """The first byte of a member's value, which tells its type."""
        at = self._values[key]
        return self.body[at : at + 1]

    def replaced(self, edits: Mapping[str, bytes | None]) -> bytes:
        """The body with these members' values exchanged, cut (None) or, where they are missing, added; all else byte for byte."""
        view, parts, at = memoryview(self.body), list[bytes | memoryview](), 0
        kept, end = False, self.body.index(b"{") + 1
        for key, value_at in self._values.items():
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
                at = end if kept else _COMMA.match(self.body, end).end()  # type: ignore[union-attr]
        for key, value in edits.items():
            if key not in self._values and value is not None:
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


def _twice(body: bytes, at: int) -> BadRequest:
    """Why the walk stopped at this place: what stands here is not what the decoder has, because a later one took its place."""
    name = _NAME.match(body, at)
    if name is None:
        return BadRequest("The body has a member with a name that is not to be read.")
    key = msgspec.json.decode(name[1], type=str)[:_LONGEST_NAME]
    return BadRequest(f"{key}: this member is there twice; send it once.", param=key)
