"""Counts out of a provider's usage, whatever it wrote in their place."""

from __future__ import annotations

from typing import Any, TypeVar, cast, get_args

import msgspec
from msgspec import Struct, structs

from headgate.wire.document import UNREADABLE

T = TypeVar("T", bound=Struct)

_ANY = msgspec.json.Decoder(dict[str, Any])
MOST = 1 << 53
"""From here on a count is beyond belief."""


def read(raw: msgspec.Raw, decoder: msgspec.json.Decoder[T]) -> T | None:
    """The usage object in this JSON value; None where there is none. What is no count in it is taken as not said."""
    if len(raw) <= len("null"):
        return None
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        pass
    try:
        return cast("T", _fitting(_ANY.decode(raw), cast("type[Struct]", decoder.type)))
    except UNREADABLE:
        return None


def least(count: int | None) -> int:
    """A count, and 0 for what is not said, below zero or beyond belief."""
    return count if count is not None and 0 < count < MOST else 0


def taken(total: int, inside: int | None) -> tuple[int, int]:
    """`total` without the part that is `inside` it, and that part: never more than there is."""
    part = min(least(total), least(inside))
    return least(total) - part, part


def _fitting(told: dict[str, Any], kind: type[Struct]) -> Struct:
    """As much of `told` as fits this type."""
    fits: dict[str, object] = {}
    for field in structs.fields(kind):
        value = _prepared(told.get(field.encode_name), _struct_in(field.type))
        try:
            fits[field.name] = msgspec.convert(value, field.type, from_attributes=True)
        except msgspec.ValidationError:
            continue
    return kind(**fits)


def _prepared(value: object, inner: type[Struct] | None) -> object:
    if isinstance(value, float) and abs(value) < MOST:
        return int(value)
    if inner is not None and isinstance(value, dict):
        return _fitting(cast("dict[str, Any]", value), inner)
    if inner is not None and isinstance(value, list):
        return [_fitting(cast("dict[str, Any]", one), inner) for one in cast("list[object]", value) if isinstance(one, dict)]
    return value


def _struct_in(kind: Any) -> type[Struct] | None:
    """The structure in a field's type, which may be optional or a list."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return kind
    return next((found for part in get_args(kind) if (found := _struct_in(part))), None)
