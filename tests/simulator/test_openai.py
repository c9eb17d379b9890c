from __future__ import annotations

import msgspec
import pytest

from headgate.simulator.dialect import Refused
from headgate.simulator.openai import OPENAI


def test_an_error_has_all_four_members() -> None:
    body = OPENAI.error_body(OPENAI.known(401), Refused(401, OPENAI.wrong_key))
    error = msgspec.json.decode(body)["error"]
    assert error == {"message": OPENAI.wrong_key, "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}


@pytest.mark.parametrize(
    ("code", "kind"), [("insufficient_quota", "insufficient_quota"), ("slow_down", "rate_limit_error"), ("", "requests")]
)
def test_a_429_is_of_the_type_its_code_says(code: str, kind: str) -> None:
    assert msgspec.json.decode(OPENAI.error_body(OPENAI.known(429), Refused(429, "", code=code)))["error"]["type"] == kind


def test_a_stream_fails_with_a_data_event() -> None:
    event = OPENAI.error_event("")
    assert msgspec.json.decode(event.removeprefix(b"data: "))["error"]["type"] == "server_error"
    assert event.endswith(b"\n\n")


def test_waiting_is_said_in_seconds_and_milliseconds() -> None:
    assert OPENAI.retry_headers(429, 2) == (("retry-after", "2"), ("retry-after-ms", "2000"))
    assert OPENAI.retry_headers(429, None) == ()


def test_the_list_shows_models_and_each_can_be_shown() -> None:
    models = msgspec.json.decode(OPENAI.listed())["data"]
    assert {"gpt-4.1", "gpt-4o-mini", "text-embedding-3-small"} <= {model["id"] for model in models}
    assert msgspec.json.decode(OPENAI.shown("gpt-4.1")) in models
    with pytest.raises(Refused):
        OPENAI.shown("gpt-0")


def test_answers_carry_rate_limits() -> None:
    headers = dict(OPENAI.headers(61))
    assert headers["x-ratelimit-remaining-requests"] == "9998"
    assert headers["x-request-id"].startswith("req_")
