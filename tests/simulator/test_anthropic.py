from __future__ import annotations

import msgspec
import pytest

from headgate.simulator.anthropic import ANTHROPIC
from headgate.simulator.dialect import Refused


def test_an_error_names_its_type_and_its_request() -> None:
    body = msgspec.json.decode(ANTHROPIC.error_body(ANTHROPIC.known(529), Refused(529, "")))
    assert body["type"] == "error"
    assert body["error"] == {"type": "overloaded_error", "message": "Overloaded"}
    assert body["request_id"].startswith("req_")


def test_a_code_is_a_detail() -> None:
    body = msgspec.json.decode(ANTHROPIC.error_body(ANTHROPIC.known(429), Refused(429, "", code="ramp_limit_exceeded")))
    assert body["error"]["details"] == {"error_code": "ramp_limit_exceeded"}


def test_a_stream_fails_with_a_named_event() -> None:
    name, data = ANTHROPIC.error_event("").strip().split(b"\n")
    assert name == b"event: error"
    assert msgspec.json.decode(data.removeprefix(b"data: "))["error"]["type"] == "overloaded_error"


def test_clients_are_told_whether_to_try_again() -> None:
    assert ANTHROPIC.retry_headers(429, 1) == (("retry-after", "1"), ("x-should-retry", "true"))
    assert ANTHROPIC.retry_headers(400, None) == (("x-should-retry", "false"),)


def test_the_list_is_one_page() -> None:
    page = msgspec.json.decode(ANTHROPIC.listed())
    assert (page["has_more"], page["first_id"]) == (False, "claude-sonnet-4-5")
    assert msgspec.json.decode(ANTHROPIC.shown("claude-sonnet-4-5")) == page["data"][0]
    with pytest.raises(Refused):
        ANTHROPIC.shown("claude-0")


def test_limits_reset_at_a_point_in_time() -> None:
    assert dict(ANTHROPIC.headers(0))["anthropic-ratelimit-tokens-reset"] == "1970-01-01T00:00:00Z"
