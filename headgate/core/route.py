"""One way into the data plane, with everything that governs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from headgate.core.ports import Codec

Answer = Callable[[Sequence[str], bytes], bytes]
"""Writes an answer that needs no provider: the aliases that the caller may use, and the open part of the path → body.
Raises ModelNotFound."""


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the route table. There are no defaults: whoever adds a route says how it is governed."""

    method: str
    path: str
    """Exact, or ending in `{…}` for an open rest."""
    surface: Literal["openai", "anthropic"]
    operation: Literal["chat", "embeddings", "count_tokens", "models"]
    codec: Codec
    """Reads requests and writes errors; where the gateway answers by itself, only errors."""
    answer: Answer | None
    """How the gateway answers by itself; None where a provider is called."""
    admission: Literal["key"]
    """Who may come in: a virtual key."""
    guardrails: Literal["none", "input", "both"]
    """What of it carries text for guardrails to see."""
    audit: Literal["record"]
    """What is kept: one record for each request."""
    needs: bytes | None
    """A header that must be there for the route to apply, where two dialects share a path."""

    @property
    def name(self) -> str:
        return f"{self.surface}.{self.operation}"
