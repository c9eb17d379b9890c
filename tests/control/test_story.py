"""Why a request went where it went, in sentences."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from headgate.control import story
from headgate.core.record import Outcome
from tests.support.ledger import settled


def test_a_fallback_is_told_in_the_order_it_happened() -> None:
    assert story.told(settled("r1")) == [
        "acme/m0 failed after 0.39 ms: 503 · upstream_overloaded.",
        "Then acme/m1 answered with status 200, 1.5 ms in all.",
    ]


@pytest.mark.parametrize(
    ("outcome", "sentence"),
    [
        ("refused", "The gateway refused it (model_not_found); no provider was called."),
        ("ok", "The gateway answered by itself; no provider was called."),
        ("error", "The gateway itself failed (model_not_found) before any provider was called."),
        ("interrupted", story.ENDINGS["interrupted"]),
    ],
)
def test_a_request_that_reached_no_provider_says_why(outcome: Outcome, sentence: str) -> None:
    assert story.told(replace(settled("r1"), outcome=outcome, error="model_not_found", attempts=())) == [sentence]


@pytest.mark.parametrize(
    ("outcome", "word"), [("truncated", "broke off"), ("client_gone", "left before the end"), ("error", "No attempt gave")]
)
def test_a_bad_end_is_the_last_sentence(outcome: Outcome, word: str) -> None:
    assert word in story.told(replace(settled("r1"), outcome=outcome, error="upstream_error"))[-1]
