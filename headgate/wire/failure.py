"""What a provider says in an `error` member, in any of the shapes that occur."""

from __future__ import annotations

from typing import Any, NoReturn, cast

import msgspec
from msgspec import Raw

from headgate.core.errors import UpstreamError, UpstreamGarbage
from headgate.wire import document
from headgate.wire.document import UNREADABLE

_LONGEST_MESSAGE = 500


def code(error: Raw) -> str | None:
    """The most telling name of the failure; None where there is no failure."""
    told = _decoded(error)
    if not told:
        return None
    if not isinstance(told, dict):
        return "error"
    members = cast("dict[str, Any]", told)
    details = members.get("details")
    inner = cast("dict[str, Any]", details).get("error_code") if isinstance(details, dict) else None
    for name in (inner, members.get("code"), members.get("type")):
        if isinstance(name, str) and name and not name.isdigit():
            return name
    return "error"


def message(error: Raw) -> str | None:
    """Its sentence, shortened; None where there is no failure."""
    told = _decoded(error)
    if not told:
        return None
    said = cast("dict[str, Any]", told).get("message") if isinstance(told, dict) else told
    return said[:_LONGEST_MESSAGE] if isinstance(said, str) and said else "it did not say why"


def refuse(error: Raw, wanted: str) -> NoReturn:
    """Raise for an answer of status 200 that is not what was wanted: UpstreamError where it says why, UpstreamGarbage where it does not."""
    if said := message(error):
        raise UpstreamError(f"The provider answered with an error: {said}")
    raise UpstreamGarbage(f"The provider's answer is not {wanted}.")


def fits(decoder: msgspec.json.Decoder[Any], body: bytes) -> bool:
    """Whether a body is what this decoder takes."""
    try:
        decoder.decode(body)
    except UNREADABLE:
        return False
    return True


def _decoded(error: Raw) -> object:
    if not len(error):
        return None
    try:
        return msgspec.json.decode(document.readable(bytes(error)))
    except UNREADABLE:
        return "error"
