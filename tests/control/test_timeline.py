"""Where the time of a request went."""

from __future__ import annotations

from msgspec.structs import replace

from headgate.control import timeline
from headgate.core.record import Attempt
from tests.support.ledger import settled


def drawn(record: timeline.Settled) -> list[tuple[str, int, int]]:
    return [(span.label, span.start_us, span.end_us) for span in timeline.spans(record)]


def test_a_retried_request_shows_both_attempts_and_what_the_last_was_made_of() -> None:
    assert drawn(settled("r1")) == [
        ("admission", 0, 10),
        ("attempt 1", 10, 400),
        ("attempt 2", 410, 1_900),
        ("to first byte", 410, 900),
        ("to first content", 900, 1_000),
        ("to the end", 1_000, 1_900),
        ("settlement", 1_900, 2_000),
    ]
    assert [(span.note, span.failed) for span in timeline.spans(settled("r1")) if span.part == "attempt"] == [
        ("503 · upstream_overloaded", True),
        ("200", False),
    ]


def test_what_was_answered_without_a_provider_is_the_gateway_alone() -> None:
    assert drawn(replace(settled("r1"), attempts=())) == [("gateway", 0, 2_000)]


def test_times_of_an_earlier_attempt_are_not_told_of_the_last() -> None:
    unanswered = Attempt("acme/m1", "acme", "m1", 1_000, 1_900, 0, "upstream_unreachable")
    record = replace(settled("r1"), attempts=(settled("r1").attempts[0], unanswered), upstream_first_byte_us=300, first_content_us=None)
    assert [label for label, _, _ in drawn(record)] == ["admission", "attempt 1", "attempt 2", "settlement"]
    assert timeline.spans(record)[2].note == "no answer · upstream_unreachable"
