"""Clients are told whether to try again, and when."""

from __future__ import annotations

from headgate.core.errors import BadRequest, UpstreamRateLimited
from headgate.wire import hints


def test_what_must_change_is_not_to_be_tried_again() -> None:
    assert hints.headers(BadRequest("no")) == [(b"content-type", b"application/json"), (b"x-should-retry", b"false")]


def test_what_may_pass_says_when() -> None:
    assert (b"retry-after", b"7") in hints.headers(UpstreamRateLimited("later", retry_after_s=7))
    assert (b"x-should-retry", b"true") in hints.headers(UpstreamRateLimited("later"))


def test_any_message_can_be_sent() -> None:
    assert hints.text("half \ud83d") == "half ?"
