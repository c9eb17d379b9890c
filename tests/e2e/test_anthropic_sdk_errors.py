"""What goes wrong reaches users of Anthropic's client as its own exception types, with a code and a sentence that says what to do."""

from __future__ import annotations

from typing import Any

import anthropic
import pytest
from anthropic.types import MessageParam

from tests.support.sdks import BODY_LIMIT_BYTES, Station, Traffic

ASKED: list[MessageParam] = [{"role": "user", "content": "How high is the river?"}]


def ask(client: anthropic.Anthropic, directive: str = "", **changes: Any) -> Any:
    """A message with a fault asked for; `changes` are what a careless caller would write."""
    headers = {"x-sim": directive} if directive else {}
    wanted: dict[str, Any] = {"model": "claude", "max_tokens": 300, "messages": ASKED, "extra_headers": headers, **changes}
    create: Any = client.messages.create  # no overload fits what a careless caller writes
    return create(**wanted)


@pytest.mark.parametrize("key", ["sk-ant-something", "hg-unknown00000-secret", "hg-"])
def test_a_wrong_key_is_an_authentication_error(claude: anthropic.Anthropic, traffic: Traffic, key: str) -> None:
    with pytest.raises(anthropic.AuthenticationError) as caught:
        ask(claude, extra_headers={"x-api-key": key})
    assert (caught.value.type, caught.value.error_code) == ("authentication_error", "invalid_api_key")
    assert "headgate keys create" in (caught.value.api_message or "")
    row = traffic.row()
    assert (row.outcome, row.status_code, row.route, row.key_id) == ("refused", 401, "anthropic.chat", None)
    assert traffic.seen() == []


async def test_no_key_at_all_is_an_authentication_error(async_claude: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError, match="No API key was sent"):
        await async_claude.messages.create(
            model="claude", max_tokens=9, messages=ASKED, extra_headers={"x-api-key": anthropic.omit, "Authorization": anthropic.omit}
        )


def test_an_unknown_model_is_not_found_and_the_message_says_what_may_be_used(gateway: Station, claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        ask(claude, model="claude-9")
    assert (caught.value.type, caught.value.error_code) == ("not_found_error", "model_not_found")
    assert "It may use: gpt, acme/gpt, claude, embed, hasty." in caught.value.message
    with pytest.raises(anthropic.NotFoundError, match="It may use: gpt, embed"):
        ask(claude.with_options(api_key=gateway.limited_key))


def test_the_request_id_of_an_error_finds_its_record(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        ask(claude, model="claude-9")
    body: Any = caught.value.body
    assert body["request_id"] == caught.value.response.headers["x-headgate-request-id"] == traffic.row().id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"messages": "hello"}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [*ASKED, {"role": 7, "content": "x"}]}, "messages[1].role"),
        ({"max_tokens": "many", "timeout": 10}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"model": 4}, "model"),
    ],
)
def test_a_value_of_the_wrong_type_is_a_bad_request_that_names_the_field(
    claude: anthropic.Anthropic, traffic: Traffic, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        ask(claude, **changes)
    assert (caught.value.type, caught.value.error_code) == ("invalid_request_error", "invalid_value")
    assert (caught.value.api_message or "").startswith(f"{field}: ")
    assert traffic.row().outcome == "refused"
    assert traffic.seen() == []


def test_what_is_missing_is_named(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="max_tokens: this field is required"):
        claude.post("/v1/messages", cast_to=object, body={"model": "claude", "messages": ASKED})


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]"])
def test_a_body_that_is_not_a_json_object_is_a_bad_request(claude: anthropic.Anthropic, traffic: Traffic, body: bytes) -> None:
    with pytest.raises(anthropic.BadRequestError) as caught:
        claude.post("/v1/messages", cast_to=object, content=body, options={"headers": {"content-type": "application/json"}})
    assert caught.value.type == "invalid_request_error"
    assert traffic.row().outcome == "refused"


def test_a_body_over_the_limit_is_refused_with_413_and_the_limit(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with pytest.raises(anthropic.ContentTooLargeError, match=str(BODY_LIMIT_BYTES)) as caught:
        ask(claude, messages=[{"role": "user", "content": "x" * BODY_LIMIT_BYTES}])
    assert caught.value.type == "request_too_large"
    assert (traffic.row().outcome, traffic.row().status_code) == ("refused", 413)


def test_an_unknown_route_and_a_wrong_method_speak_this_dialect(claude: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError) as caught:
        claude.post("/v1/messages/guess", cast_to=object, body={})
    assert (caught.value.type, caught.value.error_code) == ("not_found_error", "unknown_route")
    with pytest.raises(anthropic.APIStatusError) as refused:
        claude.get("/v1/messages", cast_to=object)
    assert (refused.value.status_code, refused.value.error_code) == (405, "method_not_allowed")


# What the provider refuses or fails at.


def test_what_the_provider_refuses_passes_as_it_said_it(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with pytest.raises(anthropic.BadRequestError, match="unexpected `tool_use_id`"):
        ask(claude, messages=[{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "toolu_1", "content": "x"}]}])
    row = traffic.row()
    assert (row.outcome, row.status_code, row.error, row.cost_nano) == ("error", 400, "upstream_400", 0)


@pytest.mark.parametrize(
    ("directive", "kind", "type_name", "code"),
    [
        ("status=413", anthropic.ContentTooLargeError, "request_too_large", "upstream_413"),
        ("status=429;retry_after=3", anthropic.RateLimitError, "rate_limit_error", "upstream_rate_limited"),
        ("status=500", anthropic.InternalServerError, "api_error", "upstream_error"),
        ("status=503", anthropic.ServiceUnavailableError, "api_error", "upstream_overloaded"),
        ("status=504", anthropic.GatewayTimeoutError, "timeout_error", "upstream_error"),
        ("status=529", anthropic.OverloadedError, "overloaded_error", "upstream_overloaded"),
        ("garbage=html", anthropic.InternalServerError, "api_error", "upstream_garbage"),
        ("reset", anthropic.InternalServerError, "api_error", "upstream_reset"),
        ("auth=fail", anthropic.InternalServerError, "api_error", "upstream_auth"),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_each_failure_of_the_provider_has_its_exception(  # noqa: PLR0913 - what goes in and what comes out
    claude: anthropic.Anthropic,
    traffic: Traffic,
    directive: str,
    kind: type[anthropic.APIStatusError],
    type_name: str,
    code: str,
    stream: bool,
) -> None:
    with pytest.raises(kind) as caught:
        ask(claude, directive, stream=stream)
    assert caught.value.type == type_name
    if "retry_after" in directive:
        assert caught.value.response.headers["retry-after"] == "3"
    row = traffic.row()
    assert (row.outcome, row.status_code, row.error) == ("error", caught.value.status_code, code)
    assert "sim-key" not in str(caught.value.body)


@pytest.mark.parametrize(
    ("fault", "type_name", "error"),
    [
        ("cut=6;interval_ms=5", "api_error", "upstream_truncated"),
        ("cut=6;reset;interval_ms=5", "api_error", "upstream_truncated"),
        ("cut=3;tokens=40", "api_error", "upstream_truncated"),
        ("garbage=mid_json;at=5;interval_ms=5", "api_error", "upstream_garbage"),
        ("error_event=8;interval_ms=5", "overloaded_error", "upstream_overloaded_error"),
        ("done=none", "api_error", "upstream_truncated"),
    ],
)
def test_a_stream_that_breaks_off_raises_and_is_recorded_as_truncated(
    claude: anthropic.Anthropic, traffic: Traffic, fault: str, type_name: str, error: str
) -> None:
    events: list[str] = []
    with pytest.raises(anthropic.APIStatusError) as caught, ask(claude, fault, stream=True) as stream:
        for event in stream:
            events.append(event.type)
    assert caught.value.type == type_name
    assert "message_stop" not in events
    row = traffic.row()
    assert row.error == error
    if events:
        assert (row.outcome, row.status_code, row.usage_source) == ("truncated", 200, "partial")
        assert row.usage.input > 0
        assert row.cost_nano == row.usage.input * 3_000 + row.usage.output * 15_000


async def test_a_broken_stream_raises_in_the_async_helper_too(async_claude: anthropic.AsyncAnthropic) -> None:
    with pytest.raises(anthropic.APIStatusError) as caught:
        async with async_claude.messages.stream(
            model="claude", max_tokens=300, messages=ASKED, extra_headers={"x-sim": "cut=6;interval_ms=5"}
        ) as stream:
            await stream.get_final_message()
    assert caught.value.error_code == "upstream_truncated"


def test_a_client_that_stops_waiting_is_recorded_as_gone_and_the_provider_is_left_alone(
    claude: anthropic.Anthropic, traffic: Traffic
) -> None:
    with pytest.raises(anthropic.APITimeoutError):
        ask(claude, "stall=first_content", stream=True, timeout=0.3)
    assert traffic.left_alone()
    assert traffic.row().outcome == "client_gone"
