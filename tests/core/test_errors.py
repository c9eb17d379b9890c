"""Everything that can go wrong: whose fault, which code, whether to try again, and a word for it in both dialects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import pytest

from headgate.core import errors
from headgate.core.errors import CallerError, HeadgateError, Kind, UpstreamError, UpstreamTimeout
from headgate.wire.anthropic import errors as anthropic
from headgate.wire.openai_chat import errors as openai


def every(kind: type[HeadgateError]) -> Iterator[type[HeadgateError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from every(below)


OURS = [error for error in every(HeadgateError) if error.__module__ == errors.__name__]


def test_every_kind_has_a_status_in_every_dialect() -> None:
    assert set(get_args(Kind)) == set(openai.WORDS) == set(anthropic.WORDS)


@pytest.mark.parametrize("error", OURS, ids=lambda error: error.__name__)
def test_an_error_says_whose_fault_it_is(error: type[HeadgateError]) -> None:
    assert error.kind in get_args(Kind)
    status, _ = openai.WORDS[error.kind]
    assert (400 <= status < 500) == issubclass(error, CallerError) or error.kind == "rate_limited"
    assert not (issubclass(error, CallerError) and issubclass(error, UpstreamError))


@pytest.mark.parametrize("error", [error for error in OURS if "code" in vars(error)], ids=lambda error: error.__name__)
def test_codes_are_words_that_can_be_searched_for(error: type[HeadgateError]) -> None:
    assert error.code == error.code.lower() and error.code.replace("_", "").isalnum()


def test_no_two_errors_share_a_code() -> None:
    codes = [vars(error)["code"] for error in OURS if "code" in vars(error)]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("which", ["connect", "first_byte", "first_content", "between_chunks", "total"])
def test_a_timeout_names_the_deadline_that_passed(which: str) -> None:
    error = UpstreamTimeout(which, 250)
    assert (error.code, error.kind, error.retryable) == (f"upstream_timeout_{which}", "timeout", True)
    assert f"the {which.replace('_', ' ')} deadline of 250 ms" in error.message == str(error)


def test_an_error_carries_what_the_caller_needs() -> None:
    error = errors.BadRequest("messages: wrong", param="messages", retry_after_s=3)
    assert (error.message, error.param, error.retry_after_s, error.retryable) == ("messages: wrong", "messages", 3, False)
