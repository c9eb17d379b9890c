"""The fields the gateway decides by, as typed values; what is wrong with one becomes a sentence that names its path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from headgate.core.errors import BadRequest, InvalidJson
from headgate.wire.document import CHECKED_BYTES, UNREADABLE, Document

T = TypeVar("T")

_SAID = re.compile(r"(?P<what>.*?)(?: - at `\$(?P<path>[^`]*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<field>[^`]*)`")
_QUOTED = re.compile(r"`([^`]*)`")
_KINDS = {
    "bool": "a boolean",
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "array": "an array",
    "object": "an object",
}
_LARGE_BYTES = 4096

MOST = 1_000_000_000
"""No count in a request may be larger: what is computed from it must stay a number that can be stored."""


def fields(document: Document, decoder: msgspec.json.Decoder[T], stand_ins: Mapping[str, bytes]) -> T:
    """The typed fields of a request. `stand_ins` are what large members are taken to be in bodies too long to be checked whole."""
    body = document.body
    if len(body) > CHECKED_BYTES:
        body = _outline(document, stand_ins)
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as cause:
        raise refusal(str(cause)) from None
    except UNREADABLE:
        raise InvalidJson("The body has a string that is not text, or a number that is too long.") from None


def refusal(said: str) -> BadRequest:
    """What the decoder said, for the caller: "Expected `bool`, got `str` - at `$.stream`" → "stream: expected true or false, …"."""
    found = _SAID.fullmatch(said)
    what, path = (found["what"], found["path"] or "") if found else (said, "")
    path = path.removeprefix(".")
    if missing := _MISSING.fullmatch(what):
        path = f"{path}.{missing['field']}".removeprefix(".")
        return BadRequest(f"{path}: this field is required.", param=path)
    what = _QUOTED.sub(lambda kinds: " or ".join(_KINDS.get(kind, kind) for kind in kinds[1].split(" | ")), what)
    what = what.replace(" of length >= 1", " that is not empty").replace(" >= ", " of at least ").replace(" <= ", " of at most ")
    what = what[:1].lower() + what[1:]
    return BadRequest(f"{path}: {what}." if path else f"The body: {what}.", param=path or None)


def _outline(document: Document, stand_ins: Mapping[str, bytes]) -> bytes:
    """A small object of the same shape: large members are replaced by something of their type."""
    small: dict[str, Any] = {}
    for key, raw in document.members.items():
        if len(raw) > _LARGE_BYTES:
            start, _ = document.extent(key)
            raw = msgspec.Raw({b"[": stand_ins.get(key, b"[]"), b"{": b"{}"}.get(document.body[start : start + 1], b'"-"'))
        small[key] = raw
    return msgspec.json.encode(small)
