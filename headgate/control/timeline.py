"""Where the time of a request went, as spans that can be drawn under each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from headgate.core.record import Attempt, Settled

Part = Literal["gateway", "attempt", "waiting", "thinking", "answering"]
"""gateway: our own work · attempt: one upstream call, whole · waiting: for the first byte · thinking: for the first content ·
answering: content to the end."""


@dataclass(frozen=True, slots=True)
class Span:
    """Times are microseconds since the request began."""

    part: Part
    label: str
    start_us: int
    end_us: int
    note: str = ""
    failed: bool = False

    @property
    def length_us(self) -> int:
        return self.end_us - self.start_us


def spans(record: Settled) -> list[Span]:
    """The spans of a request in the order of their beginnings; a span inside an attempt follows it."""
    attempts = list(record.attempts)
    if not attempts:
        return [Span("gateway", "gateway", 0, record.total_us)]
    last = attempts[-1]
    found = [Span("gateway", "admission", 0, attempts[0].started_us)]
    for number, attempt in enumerate(attempts, 1):
        label = f"attempt {number}" if len(attempts) > 1 else "provider"
        note = said(attempt)
        found.append(Span("attempt", label, attempt.started_us, attempt.ended_us, note, attempt.error is not None))
    found += _inside(record, last)
    if record.total_us > last.ended_us:
        found.append(Span("gateway", "settlement", last.ended_us, record.total_us))
    return found


def said(attempt: Attempt) -> str:
    """What an attempt came to, in a word or two."""
    status = str(attempt.status_code) if attempt.status_code else "no answer"
    return status if attempt.error is None else f"{status} · {attempt.error}"


def _inside(record: Settled, last: Attempt) -> list[Span]:
    """What the last attempt was made of, as far as it came."""
    found: list[Span] = []
    start_us = max(last.started_us, record.queue_us or 0)
    steps: tuple[tuple[Part, str, int | None], ...] = (
        ("waiting", "to first byte", record.upstream_first_byte_us),
        ("thinking", "to first content", record.first_content_us),
        ("answering", "to the end", last.ended_us),
    )
    for part, label, end_us in steps:
        if record.upstream_first_byte_us is None or record.upstream_first_byte_us < last.started_us:
            break  # an earlier attempt was the last to answer: its times say nothing about this one
        if end_us is not None and end_us > start_us:
            found.append(Span(part, label, start_us, end_us))
            start_us = end_us
    return found
