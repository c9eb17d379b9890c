"""What a simulated provider has to say to one request, before any fault is put into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from headgate.simulator.dialect import Dialect
from headgate.simulator.directive import HEALTHY, Directive
from headgate.simulator.prefixes import Prefixes

Kind = Literal["open", "content", "finish", "usage", "done", "other"]
Event = tuple[Kind, bytes]
"""One event as it goes over the wire, and what it is, so that faults can be placed by meaning."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. Whole ones have a body, streams make their events from the request's id; a reply can be given many times."""

    dialect: Dialect
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    """Beside those that every answer has."""
    body: bytes = b""
    events: Callable[[bytes], Iterator[Event]] | None = None
    content_type: str = "application/json"
    directive: Directive = HEALTHY
    repeatable: bool = True
    """Whether the same request gets the same answer again."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What an answer depends on beside the request's body."""

    seed: int
    now_s: int
    """Wall-clock seconds."""
    credential: str
    """Provider caches are per account."""
    prefixes: Prefixes
    direct: Callable[[str], Directive]
    """The directive for a model's name with whatever is behind it."""
    version: str = ""
    """The dated version of the interface that the request asked for."""
