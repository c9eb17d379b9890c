"""`GET /v1/models` and `/v1/models/{id}`: the aliases a key may use, in the shape each client expects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import msgspec

from headgate.core.errors import ModelNotFound

_OWNER = "headgate"
_UNKNOWN_TIME = "1970-01-01T00:00:00Z"
"""An alias has no day of release; both clients require one."""


def write_openai(names: Sequence[str], parameter: bytes) -> bytes:
    """All models, or the one that the open part of the path names. Raises ModelNotFound."""
    if parameter:
        return msgspec.json.encode(_openai(_named(names, parameter)))
    return msgspec.json.encode({"object": "list", "data": [_openai(name) for name in names]})


def write_anthropic(names: Sequence[str], parameter: bytes) -> bytes:
    """The same for Anthropic clients; always on one page."""
    if parameter:
        return msgspec.json.encode(_anthropic(_named(names, parameter)))
    ends = {"first_id": names[0] if names else None, "last_id": names[-1] if names else None}
    return msgspec.json.encode({"data": [_anthropic(name) for name in names], "has_more": False, **ends})


def _named(names: Sequence[str], parameter: bytes) -> str:
    name = unquote(parameter.decode("utf-8", "replace"))
    if name not in names:
        known = ", ".join(names) or "none"
        raise ModelNotFound(f"There is no model {name!r} for this key. It may use: {known}.", param="model")
    return name


def _openai(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": _OWNER}


def _anthropic(name: str) -> dict[str, Any]:
    return {"type": "model", "id": name, "display_name": name, "created_at": _UNKNOWN_TIME, "lifecycle": "active"}
