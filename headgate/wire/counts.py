"""Counts out of a provider's usage, whatever it wrote in their place."""

from __future__ import annotations

from typing import Any, TypeVar, cast

import msgspec

from headgate.wire.document import UNREADABLE

T = TypeVar("T")

_ANY = msgspec.json.Decoder(dict[str, Any])
_MOST = 1 << 53


def read(raw: msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The usage object in this JSON value; None where there is none. What is no count in it is taken as not said."""
    if len(raw) <= len("null"):
        return None
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        pass
    try:
        return decoder.decode(msgspec.json.encode(_cleaned(_ANY.decode(raw))))
    except UNREADABLE:
        return None


def least(count: int | None) -> int:
    """A count, and 0 for what is not said, below zero or beyond belief."""
    return count if count is not None and 0 < count < _MOST else 0


def taken(total: int, inside: int | None) -> tuple[int, int]:
    """`total` without the part that is `inside` it, and that part: never more than there is."""
    part = min(least(total), least(inside))
    return least(total) - part, part


def _cleaned(value: dict[str, Any]) -> dict[str, Any]:
    return {name: count for name, told in value.items() if (count := _count(told)) is not None}


def _count(told: object) -> object:
    if isinstance(told, dict):
        return _cleaned(cast("dict[str, Any]", told))
    if isinstance(told, list):
        return [_cleaned(cast("dict[str, Any]", one)) for one in cast("list[object]", told) if isinstance(one, dict)]
    if isinstance(told, int | float):
        return int(told) if 0 <= told < _MOST else None
    return told if isinstance(told, str) and not told.isdigit() else None
