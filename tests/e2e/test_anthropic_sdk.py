"""Anthropic's own client, pointed at a gateway by base URL and key only: messages, whole and streamed, and what the books say of them."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any, Literal

import anthropic
import pytest
from anthropic.types import ImageBlockParam, MessageParam, TextBlockParam, ThinkingConfigEnabledParam, ToolParam
from pydantic import BaseModel

from tests.support.sdks import Traffic

ASKED: list[MessageParam] = [{"role": "user", "content": "How high is the river?"}]
WEATHER: ToolParam = {
    "name": "weather",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
THINKING: ThinkingConfigEnabledParam = {"type": "enabled", "budget_tokens": 1024}
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def text_of(message: Any) -> str:
    return "".join(block.text for block in message.content if block.type == "text")


def test_a_plain_message_is_recorded_with_its_usage_and_its_cost(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    message = claude.messages.create(model="claude", max_tokens=300, messages=ASKED)
    assert text_of(message)
    assert (message.stop_reason, message.model) == ("end_turn", "claude-sonnet-4-5")
    row = traffic.row()
    assert (row.outcome, row.status_code, row.route, row.stream) == ("ok", 200, "anthropic.chat", False)
    assert (row.alias, row.deployment) == ("claude", "claude/claude-sonnet-4-5")
    assert (row.usage.input, row.usage.output) == (message.usage.input_tokens, message.usage.output_tokens)
    assert row.usage_source == "provider"
    assert row.cost_nano == message.usage.input_tokens * 3_000 + message.usage.output_tokens * 15_000


async def test_the_async_client_gets_the_same_message(claude: anthropic.Anthropic, async_claude: anthropic.AsyncAnthropic) -> None:
    one = claude.messages.create(model="claude", max_tokens=300, messages=ASKED)
    other = await async_claude.messages.create(model="claude", max_tokens=300, messages=ASKED)
    assert (one.content, one.usage) == (other.content, other.usage)


def test_a_stream_says_what_the_plain_message_says(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    whole = claude.messages.create(model="claude", max_tokens=300, messages=ASKED)
    with claude.messages.create(model="claude", max_tokens=300, messages=ASKED, stream=True) as stream:
        events: list[Any] = list(stream)
    assert "".join(event.delta.text for event in events if event.type == "content_block_delta") == text_of(whole)
    assert (events[0].type, events[-1].type) == ("message_start", "message_stop")
    plain, streamed = traffic.rows(2)
    assert (streamed.outcome, streamed.stream, streamed.usage_source) == ("ok", True, "provider")
    assert (streamed.usage, streamed.cost_nano) == (plain.usage, plain.cost_nano)


def test_the_stream_helper_adds_up_to_the_plain_message(claude: anthropic.Anthropic) -> None:
    whole = claude.messages.create(model="claude", max_tokens=300, messages=ASKED)
    with claude.messages.stream(model="claude", max_tokens=300, messages=ASKED) as stream:
        said = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert said == text_of(final) == text_of(whole)
    assert (final.stop_reason, final.usage.output_tokens) == (whole.stop_reason, whole.usage.output_tokens)


async def test_the_async_stream_helper_does_too(async_claude: anthropic.AsyncAnthropic) -> None:
    whole = await async_claude.messages.create(model="claude", max_tokens=300, messages=ASKED)
    async with async_claude.messages.stream(model="claude", max_tokens=300, messages=ASKED) as stream:
        assert text_of(await stream.get_final_message()) == text_of(whole)


def test_an_answer_cut_at_its_limit_says_so(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    message = claude.messages.create(model="claude", max_tokens=5, messages=ASKED)
    assert (message.stop_reason, message.usage.output_tokens) == ("max_tokens", 5)
    assert (traffic.row().outcome, traffic.row().usage.output) == ("ok", 5)


def test_a_raw_response_has_the_headers_of_provider_and_gateway(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    raw = claude.messages.with_raw_response.create(model="claude", max_tokens=300, messages=ASKED)
    assert raw.headers["x-headgate-request-id"] == traffic.row().id
    assert raw.headers["x-headgate-deployment"] == "claude/claude-sonnet-4-5"
    assert raw.headers["request-id"].startswith("req_")
    assert raw.headers["anthropic-ratelimit-requests-limit"] == "10000"
    assert text_of(raw.parse())


async def test_a_streaming_response_shows_the_lines_as_they_were_sent(async_claude: anthropic.AsyncAnthropic) -> None:
    async with async_claude.messages.with_streaming_response.create(
        model="claude", max_tokens=300, messages=ASKED, stream=True
    ) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = [line async for line in response.iter_lines() if line]
    assert lines[0] == "event: message_start"
    assert "event: ping" in lines
    assert lines[-2] == "event: message_stop"


@pytest.mark.parametrize("stream", [False, True])
def test_a_tool_is_called_and_its_result_becomes_text(claude: anthropic.Anthropic, traffic: Traffic, stream: bool) -> None:
    messages: list[MessageParam] = [{"role": "user", "content": "What is the weather like?"}]
    if stream:
        with claude.messages.stream(model="claude", max_tokens=300, messages=messages, tools=[WEATHER]) as running:
            called: Any = running.get_final_message()
    else:
        called = claude.messages.create(model="claude", max_tokens=300, messages=messages, tools=[WEATHER])
    assert called.stop_reason == "tool_use"
    [use] = called.content
    assert (use.type, use.name, list(use.input)) == ("tool_use", "weather", ["city"])
    result: MessageParam = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use.id, "content": "12 degrees"}]}
    messages.append({"role": "assistant", "content": called.content})
    messages.append(result)
    told = claude.messages.create(model="claude", max_tokens=300, messages=messages, tools=[WEATHER])
    assert (told.stop_reason, told.content[0].type) == ("end_turn", "text")
    assert [row.outcome for row in traffic.rows(2)] == ["ok", "ok"]


def test_an_image_arrives_byte_for_byte(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    picture: ImageBlockParam = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": DOT}}
    asked: list[MessageParam] = [{"role": "user", "content": [picture, {"type": "text", "text": "What is this?"}]}]
    message = claude.messages.create(model="claude", max_tokens=300, messages=asked)
    assert message.usage.input_tokens > 1_600
    assert json.loads(traffic.seen()[0].body)["messages"] == asked


@pytest.mark.parametrize("stream", [False, True])
def test_thinking_comes_with_a_signature_that_is_good_on_the_next_turn(claude: anthropic.Anthropic, traffic: Traffic, stream: bool) -> None:
    if stream:
        with claude.messages.stream(model="claude", max_tokens=2048, messages=ASKED, thinking=THINKING) as running:
            thought: Any = running.get_final_message()
    else:
        thought = claude.messages.create(model="claude", max_tokens=2048, messages=ASKED, thinking=THINKING)
    assert [block.type for block in thought.content] == ["thinking", "text"]
    assert thought.content[0].signature
    row = traffic.row()
    assert row.usage.reasoning == 24
    assert row.usage.output + row.usage.reasoning == thought.usage.output_tokens
    # The simulated provider checks the signature of what comes back, as the real one does.
    turn: list[MessageParam] = [*ASKED, {"role": "assistant", "content": thought.content}, {"role": "user", "content": "And now?"}]
    assert claude.messages.create(model="claude", max_tokens=2048, messages=turn, thinking=THINKING).content
    spoiled: list[Any] = [*ASKED, {"role": "assistant", "content": [{**thought.content[0].to_dict(), "signature": "AAAA"}]}, *ASKED]
    with pytest.raises(anthropic.BadRequestError, match="signature"):
        claude.messages.create(model="claude", max_tokens=2048, messages=spoiled, thinking=THINKING)


@pytest.mark.parametrize("stream", [False, True])
def test_cache_writes_and_reads_are_booked_by_their_kind(claude: anthropic.Anthropic, traffic: Traffic, stream: bool) -> None:
    system: list[TextBlockParam] = [
        {"type": "text", "text": "A long rule. " * 50, "cache_control": {"type": "ephemeral", "ttl": "1h"}},
        {"type": "text", "text": "A shorter rule. " * 20, "cache_control": {"type": "ephemeral"}},
    ]
    usages: list[Any] = []
    for _ in range(2):
        if stream:
            with claude.messages.stream(model="claude", max_tokens=50, messages=ASKED, system=system) as running:
                usages.append(running.get_final_message().usage)
        else:
            usages.append(claude.messages.create(model="claude", max_tokens=50, messages=ASKED, system=system).usage)
    wrote, read = usages
    assert wrote.cache_creation.ephemeral_1h_input_tokens > wrote.cache_creation.ephemeral_5m_input_tokens > 0
    assert read.cache_read_input_tokens == wrote.cache_creation_input_tokens
    first, second = traffic.rows(2)
    assert first.usage.cache_write_1h == wrote.cache_creation.ephemeral_1h_input_tokens
    assert first.usage.cache_write_5m == wrote.cache_creation.ephemeral_5m_input_tokens
    assert (second.usage.cache_read, second.usage.cache_write_1h) == (read.cache_read_input_tokens, 0)
    assert first.cost_nano == (
        first.usage.input * 3_000 + first.usage.cache_write_5m * 3_750 + first.usage.cache_write_1h * 6_000 + first.usage.output * 15_000
    )
    assert second.cost_nano == second.usage.input * 3_000 + second.usage.cache_read * 300 + second.usage.output * 15_000
    assert json.loads(traffic.seen()[0].body)["system"] == system


def test_tokens_are_counted_for_nothing(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    counted = claude.messages.count_tokens(model="claude", messages=ASKED, system="Be brief.", tools=[WEATHER])
    message = claude.messages.create(model="claude", max_tokens=50, messages=ASKED, system="Be brief.", tools=[WEATHER])
    assert counted.input_tokens == message.usage.input_tokens
    row = traffic.rows(2)[0]
    assert (row.route, row.outcome, row.cost_nano, row.usage.input) == ("anthropic.count_tokens", "ok", 0, 0)
    assert [seen.target for seen in traffic.seen()] == ["/v1/messages/count_tokens", "/v1/messages"]


def test_betas_pass_with_their_header_and_their_query(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    message = claude.beta.messages.create(
        model="claude",
        max_tokens=50,
        messages=[{"role": "user", "content": "hello"}],
        betas=["context-1m-2025-08-07", "files-api-2025-04-14"],
        extra_query={"beta": "true"},  # as earlier versions of this client send it by themselves
    )
    assert message.content
    [seen] = traffic.seen()
    assert seen.target == "/v1/messages?beta=true"
    assert seen.headers["anthropic-beta"] == "context-1m-2025-08-07,files-api-2025-04-14"
    assert traffic.row().route == "anthropic.chat"


async def test_beta_streams_and_counts_pass(async_claude: anthropic.AsyncAnthropic, traffic: Traffic) -> None:
    hello: Any = [{"role": "user", "content": "hi"}]
    async with async_claude.beta.messages.stream(model="claude", max_tokens=50, messages=hello, betas=["a-1"]) as stream:
        assert (await stream.get_final_message()).stop_reason
    assert (await async_claude.beta.messages.count_tokens(model="claude", messages=hello, betas=["a-1"])).input_tokens > 0
    assert ["a-1" in seen.headers["anthropic-beta"] for seen in traffic.seen()] == [True, True]
    assert [row.route for row in traffic.rows(2)] == ["anthropic.chat", "anthropic.count_tokens"]


@pytest.mark.parametrize("version", ["2023-06-01", "2026-10-21"])
def test_the_version_that_the_client_speaks_reaches_the_provider(claude: anthropic.Anthropic, traffic: Traffic, version: str) -> None:
    headers = {"anthropic-version": version}
    assert claude.messages.create(model="claude", max_tokens=50, messages=ASKED, extra_headers=headers).content
    assert traffic.seen()[0].headers["anthropic-version"] == version
    refused = nullcontext() if version == "2023-06-01" else pytest.raises(anthropic.BadRequestError, match="temperature")
    with refused:
        claude.messages.create(model="claude", max_tokens=50, messages=ASKED, extra_body={"temperature": 0.5}, extra_headers=headers)


class Level(BaseModel):
    place: str
    metres: float
    trend: Literal["rising", "falling"]


def test_a_structured_answer_is_parsed_into_its_class(claude: anthropic.Anthropic) -> None:
    parsed = claude.messages.parse(model="claude", max_tokens=300, messages=ASKED, output_format=Level)
    assert isinstance(parsed.parsed_output, Level)


def test_the_models_are_the_aliases_in_this_clients_shape(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    assert [model.id for model in claude.models.list()] == ["gpt", "acme/gpt", "claude", "embed", "hasty"]
    assert claude.models.retrieve("acme/gpt").display_name == "acme/gpt"
    with pytest.raises(anthropic.NotFoundError, match="may use: gpt, acme/gpt, claude"):
        claude.models.retrieve("claude-9")
    assert [row.route for row in traffic.rows(3)] == ["anthropic.models"] * 3
    assert traffic.seen() == []


def test_what_nobody_knows_yet_passes_both_ways(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    message = claude.messages.create(
        model="claude",
        max_tokens=50,
        messages=ASKED,
        extra_body={"x_new": {"deep": [1, "é"]}},
        extra_headers={"x-sim": "unknown=fields", "idempotency-key": "once-7"},
    )
    assert message.to_dict()["x_future"] == {"a": [1, 2.5, "éé"], "b": None}
    [seen] = traffic.seen()
    assert json.loads(seen.body)["x_new"] == {"deep": [1, "é"]}
    assert (seen.headers["x-api-key"], seen.headers["idempotency-key"]) == ("sim-key", "once-7")
    with claude.messages.stream(model="claude", max_tokens=50, messages=ASKED, extra_headers={"x-sim": "unknown=both"}) as stream:
        assert text_of(stream.get_final_message())


def test_a_bearer_token_is_a_key_too(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with anthropic.Anthropic(auth_token=claude.api_key, api_key=None, base_url=str(claude.base_url), max_retries=0) as bearer:
        assert bearer.messages.create(model="claude", max_tokens=50, messages=ASKED).content
    headers = traffic.seen()[0].headers
    assert headers["x-api-key"] == "sim-key" and "authorization" not in headers
