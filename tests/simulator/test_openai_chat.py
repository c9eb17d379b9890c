from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headgate.simulator import openai_chat
from headgate.simulator.dialect import Refused
from headgate.simulator.directive import read, split_model
from headgate.simulator.prefixes import Prefixes
from headgate.simulator.reply import Scene
from tests.support.sim_client import CHAT

WEATHER = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}},
    },
}
ASK = {"role": "user", "content": "Please call weather for Oslo"}


def scene(prefixes: Prefixes | None = None) -> Scene:
    return Scene(0, 1_795_000_000, "sim-key", prefixes or Prefixes(), lambda model: read(split_model(model)[1]))


def whole(prefixes: Prefixes | None = None, **changes: Any) -> Any:
    return msgspec.json.decode(openai_chat.answer(msgspec.json.encode({**CHAT, **changes}), scene(prefixes)).body)


def stream(**changes: Any) -> list[Any]:
    reply = openai_chat.answer(msgspec.json.encode({**CHAT, "stream": True, **changes}), scene())
    assert reply.events is not None
    lines = [data.decode().removeprefix("data: ").strip() for _, data in reply.events(b"id1")]
    assert lines.pop() == "[DONE]"
    return [msgspec.json.decode(line) for line in lines]


def test_an_answer_has_every_member_of_the_format() -> None:
    reply = whole()
    assert set(reply) == {"id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint"}
    assert (reply["object"], reply["created"], reply["model"]) == ("chat.completion", 1_795_000_000, "gpt-4.1")
    [choice] = reply["choices"]
    assert (choice["finish_reason"], choice["logprobs"], choice["message"]["role"], choice["message"]["refusal"]) == (
        "stop",
        None,
        "assistant",
        None,
    )
    assert "tool_calls" not in choice["message"]


def test_usage_adds_up() -> None:
    usage = whole()["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["prompt_tokens"] == 4 + 6


def test_a_stream_says_what_a_whole_answer_says() -> None:
    chunks = stream()
    text = "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in chunks)
    assert text == whole()["choices"][0]["message"]["content"]
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert chunks[-1]["choices"][0] == {"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}
    assert {(chunk["id"], chunk["object"], chunk["model"]) for chunk in chunks} == {("chatcmpl-id1", "chat.completion.chunk", "gpt-4.1")}


def test_usage_comes_in_a_stream_only_where_it_is_asked_for() -> None:
    assert not any("usage" in chunk for chunk in stream())
    *others, last = stream(stream_options={"include_usage": True})
    assert {chunk["usage"] for chunk in others} == {None}
    assert (last["choices"], last["usage"]) == ([], whole()["usage"])


def test_usage_can_be_missing() -> None:
    assert "usage" not in whole(model="gpt-4.1?usage=none")
    assert stream(model="gpt-4.1?usage=none", stream_options={"include_usage": True})[-1]["choices"] != []


def test_a_tool_call_streams_as_the_whole_one() -> None:
    [call] = whole(messages=[ASK], tools=[WEATHER])["choices"][0]["message"]["tool_calls"]
    chunks = stream(messages=[ASK], tools=[WEATHER])
    deltas = [delta for chunk in chunks for delta in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert deltas[0] == {"index": 0, "id": call["id"], "type": "function", "function": {"name": "weather", "arguments": ""}}
    assert "".join(delta["function"]["arguments"] for delta in deltas) == call["function"]["arguments"]
    assert msgspec.json.decode(call["function"]["arguments"]) == {"city": "some city", "days": 1}
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


def test_after_the_tool_has_answered_comes_text() -> None:
    turns: list[dict[str, Any]] = [
        ASK,
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "tool_call_id": "c", "content": "weather: fine"},
    ]
    message = whole(messages=turns, tools=[WEATHER], tool_choice="required")["choices"][0]["message"]
    assert message["content"]
    assert "tool_calls" not in message


@pytest.mark.parametrize(
    ("choice", "calls"),
    [("none", 0), ("auto", 0), ("required", 1), ({"type": "function", "function": {"name": "weather"}}, 1), ({"type": "allowed_tools"}, 1)],
)
def test_the_choice_of_tools_is_obeyed(choice: Any, calls: int) -> None:
    message = whole(tools=[WEATHER], tool_choice=choice)["choices"][0]["message"]
    assert len(message.get("tool_calls", [])) == calls
    assert (message["content"] is None) == bool(calls)


def test_a_custom_tool_takes_text() -> None:
    tool = {"type": "custom", "custom": {"name": "shell"}}
    asked = [{"role": "user", "content": "shell: ls"}]
    [call] = whole(messages=asked, tools=[tool])["choices"][0]["message"]["tool_calls"]
    assert call["custom"] == {"name": "shell", "input": "shell: ls"}
    deltas = [delta for chunk in stream(messages=asked, tools=[tool]) for delta in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert "".join(delta["custom"]["input"] for delta in deltas) == "shell: ls"


def test_several_choices_interleave_and_are_summed() -> None:
    reply = whole(n=3, max_tokens=5)
    assert [choice["index"] for choice in reply["choices"]] == [0, 1, 2]
    assert reply["usage"]["completion_tokens"] == 15
    chunks = stream(n=2, max_tokens=3)
    assert [chunk["choices"][0]["index"] for chunk in chunks] == [0, 1] * 5
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[-2:]] == ["length", "length"]


def test_json_is_json() -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}}}
    assert msgspec.json.decode(whole(response_format=asked)["choices"][0]["message"]["content"]) == {"ok": True}
    assert isinstance(msgspec.json.decode(whole(response_format={"type": "json_object"})["choices"][0]["message"]["content"]), dict)


def test_an_image_costs_tokens() -> None:
    parts = [{"type": "text", "text": "How high is the river?"}, {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}]
    assert whole(messages=[{"role": "user", "content": parts}])["usage"]["prompt_tokens"] == 4 + 6 + 85


def test_reasoning_is_part_of_the_completion() -> None:
    plain, thought = whole()["usage"], whole(reasoning_effort="high")["usage"]
    assert thought["completion_tokens_details"]["reasoning_tokens"] == 64
    assert thought["completion_tokens"] == plain["completion_tokens"] + 64


def test_a_long_prompt_is_cached_the_second_time() -> None:
    prefixes, turn = Prefixes(), {"role": "user", "content": "river " * 1_000}
    first = whole(prefixes, messages=[turn])["usage"]
    again = whole(prefixes, messages=[turn, {"role": "assistant", "content": "yes"}, ASK])["usage"]
    assert first["prompt_tokens_details"]["cached_tokens"] == 0
    assert again["prompt_tokens_details"]["cached_tokens"] == 1_504 // 128 * 128


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"stream_options": {}}, "stream_options"),
        ({"max_tokens": 1, "max_completion_tokens": 1}, "max_tokens"),
    ],
)
def test_what_the_real_one_refuses_is_refused(change: dict[str, Any], param: str) -> None:
    with pytest.raises(Refused) as refusal:
        whole(**change)
    assert (refusal.value.status, refusal.value.param) == (400, param)
