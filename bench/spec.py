"""What a load generator is told, and what it reports: JSON between two processes."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Spec(Struct, frozen=True):
    """One load. The generator speaks plain HTTP/1.1 over keep-alive connections."""

    kind: Literal["streams", "paced", "hold"]
    """streams: each connection asks again when its stream ends, `total` in all · paced: `rate` requests a second for `seconds` ·
    hold: open `connections` streams, say so, and keep them until the input closes."""
    host: str
    port: int
    path: str
    headers: dict[str, str]
    body: str
    connections: int
    total: int = 0
    rate: float = 0
    seconds: float = 0
    skip_seconds: float = 0
    """Answers of the first so many seconds are not counted: warm-up."""


class Result(Struct, frozen=True, omit_defaults=True):
    requests: int = 0
    failed: int = 0
    """Connections lost, statuses other than 200, streams without their end."""
    events: int = 0
    seconds: float = 0
    cpu_s: float = 0
    """The generator's own: near one per second it measures itself."""
    first_us: tuple[int, ...] = ()
    """Time to the first event of each stream."""
    answer_us: tuple[int, ...] = ()
    """Time to the whole answer of each paced request."""


def percentile(values: tuple[int, ...] | list[int], share: float) -> int:
    """The value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0
