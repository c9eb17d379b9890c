"""OpenAI's own client, pointed at a gateway by base URL and key only: chat, whole and streamed, and what the books say of it."""

from __future__ import annotations

import json
from typing import Any, Literal

import openai
import pytest
from openai.types.chat import ChatCompletionChunk, ChatCompletionFunctionToolParam, ChatCompletionMessageParam
from pydantic import BaseModel

from headgate.core.money import dollars
from tests.support.sdks import Traffic

ASKED: list[ChatCompletionMessageParam] = [{"role": "user", "content": "How high is the river?"}]
WEATHER: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}},
}
DOT = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def text_of(chunks: list[ChatCompletionChunk], index: int = 0) -> str:
    return "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices if choice.index == index)


def test_a_plain_answer_is_recorded_with_its_usage_and_its_cost(gpt: openai.OpenAI, traffic: Traffic) -> None:
    answer = gpt.chat.completions.create(model="gpt", messages=ASKED)
    assert answer.choices[0].message.content
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "gpt-4.1"
    assert answer.usage is not None
    row = traffic.row()
    assert (row.outcome, row.status_code, row.route, row.stream) == ("ok", 200, "openai.chat", False)
    assert (row.alias, row.deployment, row.model) == ("gpt", "openai/gpt-4.1", "gpt-4.1")
    assert (row.usage.input, row.usage.output) == (answer.usage.prompt_tokens, answer.usage.completion_tokens)
    assert row.usage_source == "provider"
    assert row.cost_nano == answer.usage.prompt_tokens * 2_000 + answer.usage.completion_tokens * 8_000
    assert [(attempt.deployment, attempt.status_code, attempt.error) for attempt in row.attempts] == [("openai/gpt-4.1", 200, None)]


async def test_the_async_client_gets_the_same_answer(gpt: openai.OpenAI, async_gpt: openai.AsyncOpenAI) -> None:
    one = gpt.chat.completions.create(model="gpt", messages=ASKED)
    other = await async_gpt.chat.completions.create(model="gpt", messages=ASKED)
    assert (one.choices, one.usage) == (other.choices, other.usage)


def test_usage_that_was_not_asked_for_is_recorded_and_not_shown(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True) as stream:
        chunks = list(stream)
    assert all(chunk.usage is None and chunk.choices for chunk in chunks)
    assert all("usage" not in chunk.model_fields_set for chunk in chunks)
    row = traffic.row()
    assert (row.outcome, row.stream, row.usage_source) == ("ok", True, "provider")
    assert row.usage.output == sum(1 for chunk in chunks if chunk.choices[0].delta.content)  # this model says one token a time
    [seen] = traffic.seen()
    assert json.loads(seen.body)["stream_options"] == {"include_usage": True}


async def test_usage_that_was_asked_for_comes_last(async_gpt: openai.AsyncOpenAI, traffic: Traffic) -> None:
    async with await async_gpt.chat.completions.create(
        model="gpt", messages=ASKED, stream=True, stream_options={"include_usage": True}
    ) as stream:
        chunks = [chunk async for chunk in stream]
    *before, last = chunks
    assert all(chunk.usage is None and "usage" in chunk.model_fields_set for chunk in before)
    assert last.usage is not None and last.choices == []
    row = traffic.row()
    assert (row.usage.input, row.usage.output) == (last.usage.prompt_tokens, last.usage.completion_tokens)


def test_a_stream_says_what_the_plain_answer_says(gpt: openai.OpenAI) -> None:
    whole = gpt.chat.completions.create(model="gpt", messages=ASKED)
    with gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True) as stream:
        chunks = list(stream)
    assert text_of(chunks) == whole.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason == "stop"


def test_the_stream_helper_adds_up_to_the_plain_answer(gpt: openai.OpenAI) -> None:
    whole = gpt.chat.completions.create(model="gpt", messages=ASKED)
    with gpt.chat.completions.stream(model="gpt", messages=ASKED, stream_options={"include_usage": True}) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.usage == whole.usage


async def test_the_async_stream_helper_does_too(async_gpt: openai.AsyncOpenAI) -> None:
    whole = await async_gpt.chat.completions.create(model="gpt", messages=ASKED)
    async with async_gpt.chat.completions.stream(model="gpt", messages=ASKED) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.usage is None


def test_a_raw_response_has_the_headers_of_provider_and_gateway(gpt: openai.OpenAI, traffic: Traffic) -> None:
    raw = gpt.chat.completions.with_raw_response.create(model="gpt", messages=ASKED)
    row = traffic.row()
    assert raw.headers["x-headgate-request-id"] == row.id
    assert raw.headers["x-headgate-deployment"] == "openai/gpt-4.1"
    assert raw.headers["x-headgate-attempts"] == "1"
    assert raw.headers["x-headgate-cost-usd"] == dollars(row.cost_nano or 0)
    assert raw.request_id is not None and raw.request_id.startswith("req_") and raw.request_id != row.id
    assert raw.headers["x-ratelimit-limit-requests"] == "10000"
    assert raw.parse().choices[0].message.content


async def test_a_streaming_response_shows_the_lines_as_they_were_sent(async_gpt: openai.AsyncOpenAI, traffic: Traffic) -> None:
    async with async_gpt.chat.completions.with_streaming_response.create(model="gpt", messages=ASKED, stream=True) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        assert response.headers["x-headgate-deployment"] == "openai/gpt-4.1"
        assert response.headers["x-headgate-attempts"] == "1"
        lines = [line async for line in response.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert json.loads(lines[0].removeprefix("data: "))["object"] == "chat.completion.chunk"
    assert traffic.row().id == response.headers["x-headgate-request-id"]


def test_a_tool_is_called_and_its_result_becomes_text(gpt: openai.OpenAI, traffic: Traffic) -> None:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": "What is the weather like?"}]
    called = gpt.chat.completions.create(model="gpt", messages=messages, tools=[WEATHER])
    assert called.choices[0].finish_reason == "tool_calls"
    assert called.choices[0].message.tool_calls is not None
    [call] = called.choices[0].message.tool_calls
    assert call.type == "function"
    assert list(json.loads(call.function.arguments)) == ["city"]
    messages += [
        {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": call.function.to_dict()}]},  # type: ignore[typeddict-item]
        {"role": "tool", "tool_call_id": call.id, "content": "12 degrees"},
    ]
    told = gpt.chat.completions.create(model="gpt", messages=messages, tools=[WEATHER])
    assert told.choices[0].finish_reason == "stop"
    assert told.choices[0].message.content
    assert [row.outcome for row in traffic.rows(2)] == ["ok", "ok"]


def test_two_tools_called_at_once_are_put_together_from_the_stream(gpt: openai.OpenAI) -> None:
    tides: ChatCompletionFunctionToolParam = {"type": "function", "function": {**WEATHER["function"], "name": "tides"}}
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": "weather and tides, please"}]
    whole = gpt.chat.completions.create(model="gpt", messages=asked, tools=[WEATHER, tides])
    with gpt.chat.completions.stream(model="gpt", messages=asked, tools=[WEATHER, tides]) as stream:
        final = stream.get_final_completion()
    calls = final.choices[0].message.tool_calls or []
    assert [call.function.name for call in calls] == ["weather", "tides"]
    assert [call.to_dict() for call in whole.choices[0].message.tool_calls or []] == [
        {"id": call.id, "type": "function", "function": {"name": call.function.name, "arguments": call.function.arguments}}
        for call in calls
    ]


def test_an_image_arrives_byte_for_byte(gpt: openai.OpenAI, traffic: Traffic) -> None:
    asked: list[ChatCompletionMessageParam] = [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": DOT, "detail": "low"}},
                {"type": "image_url", "image_url": {"url": "https://example.com/dot.png"}},
            ],
        }
    ]
    assert gpt.chat.completions.create(model="gpt", messages=asked).choices[0].message.content
    assert json.loads(traffic.seen()[0].body)["messages"] == asked


@pytest.mark.parametrize("helper", [False, True])
def test_several_answers_to_one_question_stay_apart(gpt: openai.OpenAI, traffic: Traffic, helper: bool) -> None:
    if helper:
        with gpt.chat.completions.stream(model="gpt", messages=ASKED, n=3) as stream:
            choices: list[Any] = list(stream.get_final_completion().choices)
    else:
        choices = list(gpt.chat.completions.create(model="gpt", messages=ASKED, n=3).choices)
    assert [choice.index for choice in choices] == [0, 1, 2]
    assert len({choice.message.content for choice in choices}) == 3
    assert {choice.finish_reason for choice in choices} == {"stop"}
    assert traffic.row().usage_source == "provider"


def test_json_mode_answers_with_json(gpt: openai.OpenAI) -> None:
    answer = gpt.chat.completions.create(model="gpt", messages=ASKED, response_format={"type": "json_object"})
    assert isinstance(json.loads(answer.choices[0].message.content or ""), dict)


class Level(BaseModel):
    place: str
    metres: float
    trend: Literal["rising", "falling"]


def test_a_structured_answer_is_parsed_into_its_class(gpt: openai.OpenAI) -> None:
    parsed = gpt.chat.completions.parse(model="gpt", messages=ASKED, response_format=Level).choices[0].message.parsed
    assert isinstance(parsed, Level)
    with gpt.chat.completions.stream(model="gpt", messages=ASKED, response_format=Level) as stream:
        assert stream.get_final_completion().choices[0].message.parsed == parsed


def test_reasoning_and_cached_tokens_are_booked_apart(gpt: openai.OpenAI, traffic: Traffic) -> None:
    answer = gpt.chat.completions.create(model="gpt", messages=ASKED, reasoning_effort="low", extra_headers={"x-sim": "cached=4"})
    assert answer.usage is not None
    row = traffic.row()
    assert (row.usage.cache_read, row.usage.input) == (4, answer.usage.prompt_tokens - 4)
    assert (row.usage.reasoning, row.usage.output) == (64, answer.usage.completion_tokens - 64)
    assert row.cost_nano == 4 * 500 + row.usage.input * 2_000 + answer.usage.completion_tokens * 8_000


def test_a_long_stream_arrives_whole(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True, extra_headers={"x-sim": "tokens=5000"}) as stream:
        assert sum(1 for chunk in stream if chunk.choices[0].delta.content) == 5000
    assert traffic.row().usage.output == 5000


@pytest.mark.parametrize(
    "manner", ["encoding=gzip", "encoding=deflate", "encoding=br", "encoding=zstd", "crlf", "comments", "chunk=7", "batch=5", "done=none"]
)
def test_however_the_provider_writes_its_stream_the_client_reads_the_same(gpt: openai.OpenAI, manner: str) -> None:
    whole = gpt.chat.completions.create(model="gpt", messages=ASKED)
    with gpt.chat.completions.stream(model="gpt", messages=ASKED, extra_headers={"x-sim": manner}) as stream:
        assert stream.get_final_completion().choices[0].message.content == whole.choices[0].message.content


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_compressed_answer_reads_the_same(gpt: openai.OpenAI, traffic: Traffic, coding: str) -> None:
    plain = gpt.chat.completions.create(model="gpt", messages=ASKED)
    answer = gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers={"x-sim": f"encoding={coding}"})
    assert answer.choices == plain.choices
    assert traffic.rows(2)[1].usage == traffic.rows(2)[0].usage


def test_what_nobody_knows_yet_passes_both_ways(gpt: openai.OpenAI, traffic: Traffic) -> None:
    answer = gpt.chat.completions.create(
        model="gpt",
        messages=ASKED,
        logprobs=True,
        top_logprobs=2,
        extra_body={"x_new": {"deep": [1, 2.50, "é"]}},
        extra_query={"api-version": "tomorrow"},
        extra_headers={"x-sim": "unknown=fields", "x-new-header": "kept"},
    )
    assert answer.to_dict()["x_future"] == {"a": [1, 2.5, "éé"], "b": None}
    [seen] = traffic.seen()
    sent = json.loads(seen.body)
    assert sent["x_new"] == {"deep": [1, 2.5, "é"]}
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 2)
    assert seen.target == "/v1/chat/completions?api-version=tomorrow"
    assert seen.headers["x-new-header"] == "kept"


def test_events_nobody_knows_yet_pass(gpt: openai.OpenAI) -> None:
    with gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True, extra_headers={"x-sim": "unknown=both"}) as stream:
        chunks = list(stream)
    assert any(chunk.id == "chatcmpl-future" for chunk in chunks)
    assert any("x_future" in (chunk.model_extra or {}) for chunk in chunks)


def test_the_provider_sees_the_callers_headers_and_the_gateways_credential(gpt: openai.OpenAI, traffic: Traffic) -> None:
    gpt.with_options(organization="org-1", project="proj-1").chat.completions.create(
        model="gpt",
        messages=ASKED,
        extra_headers={"Idempotency-Key": "once-7", "x-headgate-session": "s1", "x-headgate-tags": "a", "traceparent": "00-1-2-01"},
    )
    headers = traffic.seen()[0].headers
    assert headers["authorization"] == "Bearer sim-key"
    assert (headers["openai-organization"], headers["openai-project"]) == ("org-1", "proj-1")
    assert (headers["idempotency-key"], headers["traceparent"]) == ("once-7", "00-1-2-01")
    assert not [name for name in headers if name.startswith("x-headgate")]
    assert headers["user-agent"].startswith("OpenAI/")


def test_the_key_works_in_the_header_of_other_clients(gpt: openai.OpenAI, traffic: Traffic) -> None:
    for name in ("x-api-key", "api-key", "x-goog-api-key"):
        headers = {"Authorization": openai.omit, name: gpt.api_key}
        assert gpt.with_options(default_headers={}).chat.completions.create(model="gpt", messages=ASKED, extra_headers=headers)  # type: ignore[arg-type]
    assert all("sim-key" in seen.headers["authorization"] for seen in traffic.seen())
    assert len({row.key_id for row in traffic.rows(3)}) == 1
