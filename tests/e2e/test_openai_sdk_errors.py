"""What goes wrong reaches users of OpenAI's client as its own exception types, with a code and a sentence that says what to do."""

from __future__ import annotations

from typing import Any, cast

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.support.sdks import BETWEEN_CHUNKS_MS, BODY_LIMIT_BYTES, FIRST_BYTE_MS, Station, Traffic

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "How high is the river?"}]


def ask(client: openai.OpenAI, directive: str = "", **changes: Any) -> Any:
    """A chat completion with a fault asked for; `changes` are what a careless caller would write."""
    headers = {"x-sim": directive} if directive else {}
    wanted: dict[str, Any] = {"model": "gpt", "messages": ASKED, "extra_headers": headers, **changes}
    create: Any = client.chat.completions.create  # no overload fits what a careless caller writes
    return create(**wanted)


# The caller's own mistakes: refused here, and nobody is called.


@pytest.mark.parametrize("key", ["sk-something", "hg-unknown00000-secret", "hg-", "."])
def test_a_wrong_key_is_an_authentication_error(gpt: openai.OpenAI, traffic: Traffic, key: str) -> None:
    with pytest.raises(openai.AuthenticationError) as caught:
        ask(gpt, extra_headers={"Authorization": f"Bearer {key}"})
    assert (caught.value.code, caught.value.type) == ("invalid_api_key", "invalid_request_error")
    assert "headgate keys create" in caught.value.message or "Authorization: Bearer" in caught.value.message
    assert caught.value.response.headers["x-should-retry"] == "false"
    row = traffic.row()
    assert (row.outcome, row.status_code, row.key_id, row.error, row.attempts) == ("refused", 401, None, "invalid_api_key", ())
    assert traffic.seen() == []


def test_a_good_key_with_another_secret_is_an_authentication_error(gateway: Station, gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        ask(gpt.with_options(api_key=gateway.key[:-1] + ("A" if gateway.key[-1] != "A" else "B")))


async def test_no_key_at_all_is_an_authentication_error(async_gpt: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.AuthenticationError, match="No API key was sent"):
        await async_gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers={"Authorization": openai.omit})


def test_an_unknown_model_is_not_found_and_the_message_says_what_may_be_used(
    gateway: Station, gpt: openai.OpenAI, traffic: Traffic
) -> None:
    limited = gpt.with_options(api_key=gateway.limited_key)
    for name in ("gpt-9", "claude"):  # what a key may not use does not exist for it
        with pytest.raises(openai.NotFoundError) as caught:
            ask(limited, model=name)
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
        assert "It may use: gpt, embed." in caught.value.message
    assert [(row.outcome, row.status_code) for row in traffic.rows(2)] == [("refused", 404)] * 2
    assert traffic.seen() == []


def test_a_model_on_a_route_it_does_not_speak_is_a_bad_request(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(gpt, model="claude")
    assert caught.value.code == "model_not_served_on_this_route"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"messages": "hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [*ASKED, {"role": 7, "content": "x"}]}, "messages[1].role"),
        ({"messages": [{"content": "x"}]}, "messages[0].role"),
        ({"stream": "yes"}, "stream"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"n": 0}, "n"),
        ({"model": 4}, "model"),
        ({"model": ""}, "model"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"stream": True, "stream_options": {"include_usage": "yes"}}, "stream_options.include_usage"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_bad_request_that_names_the_field(
    gpt: openai.OpenAI, traffic: Traffic, changes: dict[str, Any], param: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(gpt, **changes)
    assert (caught.value.param, caught.value.code, caught.value.type) == (param, "invalid_value", "invalid_request_error")
    assert param in caught.value.message
    assert traffic.row().outcome == "refused"
    assert traffic.seen() == []


@pytest.mark.parametrize("body", [b"", b"{", b'{"model": "gpt", }', b"\xff\xfe", b"null", b"[]", b'{"model":"gpt","model":"gpt"}'])
def test_a_body_that_is_not_a_json_object_is_a_bad_request(gpt: openai.OpenAI, traffic: Traffic, body: bytes) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        gpt.post("/chat/completions", cast_to=object, options={"headers": {"content-type": "application/json"}}, content=body)
    assert caught.value.code in ("invalid_json", "invalid_value")
    assert caught.value.message
    assert traffic.row().outcome == "refused"


@pytest.mark.parametrize("size", [BODY_LIMIT_BYTES, 12 * BODY_LIMIT_BYTES])
def test_a_body_over_the_limit_is_refused_with_413_and_the_limit(gpt: openai.OpenAI, traffic: Traffic, size: int) -> None:
    with pytest.raises(openai.APIStatusError) as caught:
        ask(gpt, messages=[{"role": "user", "content": "x" * size}])
    assert (caught.value.status_code, caught.value.code) == (413, "request_too_large")
    assert str(BODY_LIMIT_BYTES) in caught.value.message
    assert ask(gpt).choices
    assert [(row.outcome, row.status_code) for row in traffic.rows(2)] == [("refused", 413), ("ok", 200)]


def test_a_refusal_is_read_by_a_client_that_is_still_sending(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with pytest.raises(openai.AuthenticationError):
        ask(gpt, messages=[{"role": "user", "content": "x" * 12 * BODY_LIMIT_BYTES}], extra_headers={"Authorization": "Bearer hg-wrong"})
    assert traffic.row().status_code == 401


def test_an_unknown_route_is_not_found_and_a_wrong_method_is_named(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        gpt.post("/chat/completion", cast_to=object, body={})
    assert caught.value.code == "unknown_route"
    with pytest.raises(openai.APIStatusError) as refused:
        gpt.get("/chat/completions", cast_to=object)
    assert (refused.value.status_code, refused.value.code) == (405, "method_not_allowed")
    assert "POST" in refused.value.message


# What the provider refuses or fails at.


def test_what_the_provider_refuses_passes_as_it_said_it(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        ask(gpt, max_tokens=5, max_completion_tokens=5)
    assert (caught.value.code, caught.value.param) == ("invalid_parameter_combination", "max_tokens")
    assert "at the same time is not supported" in caught.value.message
    row = traffic.row()
    assert (row.outcome, row.status_code, row.error, row.cost_nano) == ("error", 400, "upstream_400", 0)


def test_a_rate_limit_passes_with_the_time_to_come_back(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with pytest.raises(openai.RateLimitError) as caught:
        ask(gpt, "status=429;retry_after=7")
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.response.headers["retry-after-ms"] == "7000"
    assert caught.value.code == "rate_limit_exceeded"
    row = traffic.row()
    assert (row.outcome, row.status_code, row.usage_source, row.cost_nano) == ("error", 429, "none", 0)
    assert [(attempt.status_code, attempt.error) for attempt in row.attempts] == [(429, "upstream_rate_limited")]


@pytest.mark.parametrize(("status", "code"), [(500, "upstream_error"), (502, "upstream_error"), (503, "upstream_overloaded")])
def test_a_failing_provider_is_an_internal_server_error(gpt: openai.OpenAI, traffic: Traffic, status: int, code: str) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        ask(gpt, f"status={status}")
    assert caught.value.status_code == status
    row = traffic.row()
    assert (row.outcome, row.status_code, row.error) == ("error", status, code)


@pytest.mark.parametrize("status", [401, 402, 403])
def test_a_credential_that_the_provider_refuses_is_not_the_callers_fault(gpt: openai.OpenAI, traffic: Traffic, status: int) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        ask(gpt, f"status={status}")
    assert (caught.value.status_code, caught.value.code) == (502, "upstream_auth")
    assert "Incorrect API key" not in str(caught.value.body)
    assert traffic.row().attempts[0].status_code == status


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("garbage=html", 502, "upstream_garbage"),
        ("garbage=sse", 502, "upstream_garbage"),
        ("error_body", 502, "upstream_error"),
        ("reset", 502, "upstream_reset"),
        ("cut=1", 502, "upstream_truncated"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_that_cannot_be_used_is_never_passed_off_as_one(
    gpt: openai.OpenAI, traffic: Traffic, fault: str, status: int, code: str, stream: bool
) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        ask(gpt, fault, stream=stream)
    assert (caught.value.status_code, caught.value.code) == (status, code)
    row = traffic.row()
    assert (row.outcome, row.status_code, row.error, row.stream) == ("error", status, code, stream)


# What goes wrong after the answer has begun.


def read(stream: openai.Stream[Any], said: list[str]) -> None:
    with stream:
        for chunk in stream:
            said += [choice.delta.content or "" for choice in chunk.choices]
            assert not any(choice.finish_reason for choice in chunk.choices)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("cut=6", "upstream_truncated"),
        ("cut_byte=1500", "upstream_truncated"),
        ("cut=6;reset;interval_ms=5", "upstream_truncated"),
        ("garbage=mid_json;at=5", "upstream_garbage"),
        ("error_event=6;interval_ms=5", "server_error"),
        ("error_event=6;interval_ms=5;code=insufficient_quota", "insufficient_quota"),
    ],
)
def test_a_stream_that_breaks_off_raises_and_is_recorded_as_truncated(gpt: openai.OpenAI, traffic: Traffic, fault: str, code: str) -> None:
    said: list[str] = []
    with pytest.raises(openai.APIError) as caught:
        read(ask(gpt, fault, stream=True), said)
    assert "".join(said)
    body = cast("dict[str, Any]", caught.value.body)
    assert code in (body["code"], body["type"])
    row = traffic.row()
    assert (row.outcome, row.status_code) == ("truncated", 200)
    assert row.error is not None and row.error.endswith(code)
    assert row.usage_source == "estimated"
    assert 0 < row.usage.output <= 2 * len(said)
    assert row.cost_nano == row.usage.input * 2_000 + row.usage.output * 8_000


async def test_a_broken_stream_raises_in_the_async_client_too(async_gpt: openai.AsyncOpenAI) -> None:
    stream = await async_gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True, extra_headers={"x-sim": "cut=6"})
    with pytest.raises(openai.APIError) as caught:
        async with stream:
            _ = [chunk async for chunk in stream]
    assert caught.value.code == "upstream_truncated"


# Time.


@pytest.mark.parametrize("stream", [False, True])
def test_a_provider_that_does_not_begin_in_time_is_a_gateway_timeout(gpt: openai.OpenAI, traffic: Traffic, stream: bool) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        ask(gpt, "stall=head", model="hasty", stream=stream)
    assert (caught.value.status_code, caught.value.code) == (504, "upstream_timeout_first_byte")
    assert f"first byte deadline of {FIRST_BYTE_MS} ms" in caught.value.message
    row = traffic.row()
    assert (row.outcome, row.status_code, row.error) == ("error", 504, "upstream_timeout_first_byte")
    assert traffic.left_alone()


def test_a_provider_that_falls_silent_ends_the_stream_with_the_deadline_that_passed(gpt: openai.OpenAI, traffic: Traffic) -> None:
    said: list[str] = []
    with pytest.raises(openai.APIError, match=f"between chunks deadline of {BETWEEN_CHUNKS_MS} ms") as caught:
        read(ask(gpt, "stall=mid;at=4", model="hasty", stream=True), said)
    assert caught.value.code == "upstream_timeout_between_chunks"
    assert "".join(said)
    assert traffic.row().outcome == "truncated"
    assert traffic.left_alone()


def test_a_client_that_stops_waiting_is_recorded_as_gone_and_the_provider_is_left_alone(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with pytest.raises(openai.APITimeoutError):
        ask(gpt, "stall=head", timeout=0.3)
    assert traffic.left_alone()
    row = traffic.row()
    assert (row.outcome, row.status_code, row.usage_source) == ("client_gone", 0, "estimated")
