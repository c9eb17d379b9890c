"""What reached the simulator: every request, and how its connection ended, in a list with a bound."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, Literal

MOST_REQUESTS = 2_000
MOST_BYTES = 64 * 1024 * 1024

ClosedBy = Literal["peer", "simulator"]


class Seen:
    """One request as it came. Times are milliseconds of the machine's monotonic clock, comparable between its processes."""

    __slots__ = (
        "answered_ms",
        "body",
        "closed_by",
        "closed_ms",
        "headers",
        "method",
        "number",
        "received_ms",
        "sent_bytes",
        "status",
        "target",
    )

    def __init__(self, method: str, target: str, headers: list[tuple[bytes, bytes]], received_ms: float) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        """Names in lower case, in the order they came."""
        self.body = b""
        self.number = 0
        self.status = 0
        self.sent_bytes = 0
        self.received_ms = received_ms
        self.answered_ms: float | None = None
        """When the last byte of the answer was handed to the system; None where it was not."""
        self.closed_ms: float | None = None
        self.closed_by: ClosedBy | None = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def closed_early_ms(self) -> float | None:
        """How long after the request came the peer left it unanswered; None where the answer was whole or is still running."""
        if self.closed_ms is None or self.closed_by != "peer" or self.answered_ms is not None:
            return None
        return self.closed_ms - self.received_ms

    def header(self, name: str) -> str | None:
        """The first value of a header, by its name in lower case."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.headers if key == wanted), None)

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "method": self.method,
            "target": self.target,
            "path": self.path,
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers],
            "body": self.body.decode("utf-8", "replace"),
            "status": self.status,
            "sent_bytes": self.sent_bytes,
            "received_ms": self.received_ms,
            "answered_ms": self.answered_ms,
            "closed_ms": self.closed_ms,
            "closed_by": self.closed_by,
            "closed_early_ms": self.closed_early_ms,
        }


class Log:
    """The latest requests; the oldest make room."""

    def __init__(self) -> None:
        self._kept: deque[Seen] = deque()
        self._bytes = 0
        self.total = 0
        """All requests since the start or the last reset, kept or not."""

    def add(self, seen: Seen) -> None:
        seen.number = self.total
        self.total += 1
        self._kept.append(seen)
        self._bytes += len(seen.body)
        while len(self._kept) > MOST_REQUESTS or (self._bytes > MOST_BYTES and len(self._kept) > 1):
            self._bytes -= len(self._kept.popleft().body)

    def clear(self) -> None:
        self._kept.clear()
        self._bytes = self.total = 0

    def __iter__(self) -> Iterator[Seen]:
        return iter(tuple(self._kept))

    def __len__(self) -> int:
        return len(self._kept)
