from __future__ import annotations

from typing import Any

import msgspec

from headgate.simulator import anthropic_messages
from headgate.simulator.directive import read, split_model
from headgate.simulator.prefixes import Prefixes
from headgate.simulator.reply import Scene
from tests.support.sim_client import MESSAGES

WEATHER = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}}
ASK = {"role": "user", "content": "Please call weather for Oslo"}
BUDGET = {"type": "enabled", "budget_tokens": 1024}


def scene(prefixes: Prefixes | None = None) -> Scene:
    return Scene(0, 0, "sim-key", prefixes or Prefixes(), lambda model: read(split_model(model)[1]))


def whole(prefixes: Prefixes | None = None, **changes: Any) -> Any:
    return msgspec.json.decode(anthropic_messages.answer(msgspec.json.encode({**MESSAGES, **changes}), scene(prefixes)).body)


def stream(**changes: Any) -> list[Any]:
    reply = anthropic_messages.answer(msgspec.json.encode({**MESSAGES, "stream": True, **changes}), scene())
    assert reply.events is not None
    events: list[Any] = []
    for _, data in reply.events(b"id1"):
        name, line, end = data.decode().split("\n", 2)
        event = msgspec.json.decode(line.removeprefix("data: "))
        assert (name, end) == (f"event: {event['type']}", "\n")
        events.append(event)
    return events


def gathered(events: list[Any]) -> list[Any]:
    """The content blocks that a stream adds up to."""
    blocks: list[Any] = []
    for event in events:
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append({**event["content_block"], "json": ""})
        elif event["type"] == "content_block_delta":
            delta = event["delta"]
            member = {"text_delta": "text", "thinking_delta": "thinking", "signature_delta": "signature", "input_json_delta": "json"}[
                delta["type"]
            ]
            blocks[event["index"]][member] += delta["partial_json" if member == "json" else member]
    for block in blocks:
        if found := block.pop("json"):
            block["input"] = msgspec.json.decode(found)
    return blocks


def test_an_answer_has_every_member_of_the_format() -> None:
    reply = whole()
    assert {"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"} == set(reply)
    assert (reply["stop_reason"], reply["content"][0]["type"]) == ("end_turn", "text")
    assert reply["usage"]["input_tokens"] == 4 + 6


def test_a_stream_is_framed_by_its_start_and_its_stop() -> None:
    events = stream()
    kinds = [event["type"] for event in events]
    assert kinds[:3] == ["message_start", "content_block_start", "ping"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]
    assert events[0]["message"]["id"] == "msg_id1"
    assert (events[0]["message"]["content"], events[0]["message"]["usage"]["output_tokens"]) == ([], 1)
    assert gathered(events) == whole()["content"]
    assert events[-2]["usage"]["output_tokens"] == whole()["usage"]["output_tokens"]


def test_thinking_comes_first_with_its_signature() -> None:
    reply, events = whole(thinking=BUDGET), stream(thinking=BUDGET)
    assert [block["type"] for block in reply["content"]] == ["thinking", "text"]
    assert gathered(events) == reply["content"]
    assert reply["usage"]["output_tokens_details"]["thinking_tokens"] == 24
    deltas = [event["delta"]["type"] for event in events if event["type"] == "content_block_delta" and event["index"] == 0]
    assert deltas[-1] == "signature_delta"
    assert deltas.count("signature_delta") == 1


def test_omitted_thinking_keeps_its_signature() -> None:
    wanted = {**BUDGET, "display": "omitted"}
    [thinking, _] = whole(thinking=wanted)["content"]
    assert thinking["thinking"] == ""
    assert thinking["signature"] == whole(thinking=BUDGET)["content"][0]["signature"]
    assert gathered(stream(thinking=wanted))[0] == thinking


def test_thinking_that_is_sent_back_unchanged_is_taken() -> None:
    content = whole(thinking=BUDGET)["content"]
    assert whole(thinking=BUDGET, messages=[*MESSAGES["messages"], {"role": "assistant", "content": content}, ASK])["type"] == "message"


def test_a_tool_use_streams_as_the_whole_one() -> None:
    reply = whole(messages=[ASK], tools=[WEATHER])
    assert reply["stop_reason"] == "tool_use"
    assert reply["content"][0]["input"] == {"city": "some city", "days": 1}
    assert gathered(stream(messages=[ASK], tools=[WEATHER])) == reply["content"]


def test_after_the_tool_has_answered_comes_text() -> None:
    use = whole(messages=[ASK], tools=[WEATHER])["content"]
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": use[0]["id"], "content": "weather: fine"}]}
    reply = whole(messages=[ASK, {"role": "assistant", "content": use}, result], tools=[WEATHER])
    assert [block["type"] for block in reply["content"]] == ["text"]


def test_a_limit_is_a_reason_to_stop() -> None:
    assert (whole(max_tokens=3)["stop_reason"], whole(max_tokens=3)["usage"]["output_tokens"]) == ("max_tokens", 3)


def test_usage_can_be_missing() -> None:
    assert "usage" not in whole(model="c?usage=none")
    events = stream(model="c?usage=none")
    assert "usage" not in events[0]["message"]
    assert "usage" not in events[-2]


def test_a_marked_prefix_is_written_once_and_read_afterwards() -> None:
    prefixes = Prefixes()
    system = [{"type": "text", "text": "river " * 100, "cache_control": {"type": "ephemeral"}}]
    first, again = (whole(prefixes, system=system)["usage"] for _ in range(2))
    assert (first["cache_creation_input_tokens"], first["cache_read_input_tokens"], first["input_tokens"]) == (150, 0, 10)
    assert (again["cache_creation_input_tokens"], again["cache_read_input_tokens"], again["input_tokens"]) == (0, 150, 10)


def test_counting_neither_reads_nor_writes_the_cache() -> None:
    prefixes = Prefixes()
    system = [{"type": "text", "text": "river " * 100, "cache_control": {"type": "ephemeral"}}]
    body = {name: value for name, value in MESSAGES.items() if name != "max_tokens"}
    reply = anthropic_messages.count(msgspec.json.encode({**body, "system": system}), scene(prefixes))
    assert msgspec.json.decode(reply.body) == {"input_tokens": 160}
    assert whole(prefixes, system=system)["usage"]["cache_read_input_tokens"] == 0


def test_demanded_json_fits_its_schema() -> None:
    wanted = {"format": {"type": "json_schema", "schema": {"type": "object", "properties": {"ok": {"type": "boolean"}}}}}
    assert msgspec.json.decode(whole(output_config=wanted)["content"][0]["text"]) == {"ok": True}
