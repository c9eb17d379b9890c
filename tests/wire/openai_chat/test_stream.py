"""Chat chunks pass as they came; usage that nobody asked for does not."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.ports import StreamScanner
from headgate.core.usage import Usage
from headgate.wire import openai_chat
from tests.support import wire

DONE = b"data: [DONE]\n\n"


def scanner(body: bytes = wire.CHAT) -> StreamScanner:
    make = openai_chat.CODEC.scanner
    assert make is not None
    return make(openai_chat.CODEC.read_request(body))


def fed(name: str, body: bytes = wire.CHAT) -> tuple[bytes, dict[str, Any]]:
    """What a client gets of a recorded stream, and what is known of it afterwards."""
    watching = scanner(body)
    passed = wire.passed(watching, [wire.stream("openai_chat", name)])
    return passed, wire.facts(watching)


def shown(chunk: Any) -> list[Any]:
    """What of a chunk a client sees that did not ask for usage."""
    if not isinstance(chunk, dict):
        return [chunk]
    members = cast("dict[str, Any]", chunk)
    if members.get("usage") and not members.get("choices"):
        return []
    return [{name: value for name, value in members.items() if name != "usage"}]


GPT = {"model": "gpt-4.1-2025-04-14", "reply_id": "chatcmpl-CfA9xJ2sPq7", "garbage": False, "error": None, "content_seen": True}
ENDED = {"finished": True, "complete": True}
BROKEN = {"finished": False, "complete": False}
FACTS: dict[str, dict[str, Any]] = {
    "text": {**GPT, **ENDED, "usage": Usage(input=19, output=10), "produced": Usage(output=10)},
    "text_crlf": {**GPT, **ENDED, "usage": Usage(input=19, output=10), "produced": Usage(output=10)},
    "text_cr": {**GPT, **ENDED, "usage": Usage(input=19, output=10), "produced": Usage(output=10)},
    "text_mixed": {**GPT, **ENDED, "usage": Usage(input=19, output=10), "produced": Usage(output=10)},
    "tools": {**GPT, **ENDED, "usage": Usage(input=82, output=34), "produced": Usage(output=9)},
    "two_choices": {**GPT, **ENDED, "usage": None, "produced": Usage(output=1)},
    "no_last_blank": {**GPT, **ENDED, "usage": Usage(input=19, output=10), "produced": Usage(output=2)},
    "cut": {**GPT, **BROKEN, "usage": None, "produced": Usage(output=3)},
    "error": {**GPT, **BROKEN, "error": "server_error", "usage": None, "produced": Usage(output=3)},
    "error_then_done": {**GPT, **BROKEN, "error": "InternalServerError", "usage": None, "produced": Usage(output=1)},
    "filter_first": {**GPT, **ENDED, "usage": None, "produced": Usage(output=1)},
    "split_emoji": {**GPT, **ENDED, "usage": None, "produced": Usage(output=3)},
    "odd_types": {**GPT, **ENDED, "usage": Usage(input=3), "produced": Usage(output=16)},
    "continuous_usage": {**GPT, **ENDED, "usage": Usage(input=12, output=3), "produced": Usage(output=2)},
    "usage_beside": {**GPT, **ENDED, "usage": Usage(input=36, output=2), "produced": Usage(output=1)},
    "error_beside": {**GPT, **BROKEN, "error": "error", "usage": None, "produced": Usage(output=1)},
    "usage_on_last": {**GPT, **ENDED, "usage": Usage(input=176, cache_read=1024, output=2, reasoning=7), "produced": Usage(output=3)},
    "no_done": {**GPT, **ENDED, "usage": Usage(input=5, output=1), "produced": Usage(output=1)},
}
NAMES: dict[str, tuple[str, str]] = {
    "continuous_usage": ("Qwen/Qwen3-8B", "chatcmpl-9b"),
    "usage_beside": ("llama-3.3-70b-versatile", "chatcmpl-7c"),
    "error_beside": ("llama-3.3-70b-versatile", "chatcmpl-7c"),
    "usage_on_last": ("deepseek-chat", "0f3a"),
    "no_done": ("smollm2", "chatcmpl-l"),
}


@pytest.mark.parametrize("name", wire.streams("openai_chat"))
def test_facts_of_recorded_streams(name: str) -> None:
    expected = dict(FACTS[name])
    if name in NAMES:
        expected["model"], expected["reply_id"] = NAMES[name]
    assert fed(name)[1] == expected


@pytest.mark.parametrize("body", [wire.CHAT, wire.CHAT_WITH_USAGE], ids=["hidden", "shown"])
@pytest.mark.parametrize("name", wire.streams("openai_chat"))
def test_a_cut_at_any_byte_changes_nothing(name: str, body: bytes) -> None:
    stream = wire.stream("openai_chat", name)
    expected = fed(name, body)
    for place in range(1, len(stream)):
        watching = scanner(body)
        assert wire.passed(watching, wire.cut(stream, [place])) == expected[0]
        assert wire.facts(watching) == expected[1]


@given(st.sampled_from(wire.streams("openai_chat")), st.lists(st.integers(1, 2000), max_size=40))
def test_many_cuts_change_nothing(name: str, places: list[int]) -> None:
    watching = scanner()
    passed = wire.passed(watching, wire.cut(wire.stream("openai_chat", name), places))
    assert (passed, wire.facts(watching)) == fed(name)


def test_bytes_one_by_one_change_nothing() -> None:
    for name in wire.streams("openai_chat"):
        stream = wire.stream("openai_chat", name)
        watching = scanner()
        assert wire.passed(watching, [stream[at : at + 1] for at in range(len(stream))]) == fed(name)[0]


@pytest.mark.parametrize("name", sorted(set(wire.streams("openai_chat")) - {"no_done", "no_last_blank", "two_choices", "cut"}))
def test_who_asked_for_usage_gets_every_byte(name: str) -> None:
    assert fed(name, wire.CHAT_WITH_USAGE)[0] == wire.stream("openai_chat", name)


@pytest.mark.parametrize("name", sorted(set(wire.streams("openai_chat")) - {"cut", "text_cr", "text_mixed"}))
def test_who_did_not_ask_sees_no_usage_and_all_else(name: str) -> None:
    chunks = wire.data(wire.stream("openai_chat", name))
    assert wire.data(fed(name)[0]) == [seen for chunk in chunks for seen in shown(chunk)]


def test_usage_is_cut_and_no_other_byte() -> None:
    stream = wire.stream("openai_chat", "text")
    usage_chunk = next(event for event in stream.split(b"\n\n") if b'"choices":[],' in event) + b"\n\n"
    assert fed("text")[0] == stream.replace(usage_chunk, b"").replace(b',"usage":null,"obf', b',"obf').replace(b',"usage":null}', b"}")
    crlf = b"\xef\xbb\xbf: connected\r\n\r\n" + fed("text")[0].replace(b"\n", b"\r\n")
    assert fed("text_crlf")[0] == crlf
    assert fed("text_cr")[0] == fed("text")[0].replace(b"\n", b"\r")


@pytest.mark.parametrize(
    ("event", "passed"),
    [
        (b'data: {"usage":null,"choices":[{}]}\n\n', b'data: {"choices":[{}]}\n\n'),
        (b'data: {"a":{"b":1,"usage":null},"usage":null,"choices":[]}\n\n', b'data: {"a":{"b":1,"usage":null},"choices":[]}\n\n'),
        (b'data: {"a":{"b":1,"usage":null}}\n\n', b'data: {"a":{"b":1,"usage":null}}\n\n'),
        (b'data: { "usage" : {"prompt_tokens":1} , "choices":[{}] }\n\n', b'data: { "choices":[{}] }\n\n'),
        (b'data: {"choices":[],"usage":{"prompt_tokens":1},"error":{"code":"x"}}\n\n', b'data: {"choices":[],"error":{"code":"x"}}\n\n'),
        (b'data: {"choices":[],"us\\u0061ge":{"prompt_tokens":1}}\n\n', b""),
        (b'data: {"choices":[{}],"usage":null,"obfuscation":"a\\"}"}\n\n', b'data: {"choices":[{}],"obfuscation":"a\\"}"}\n\n'),
        (b'id: 1\ndata: {"choices":[{}],\ndata: "usage":null}\n\n', b'id: 1\ndata: {"choices":[{}]}\n\n'),
    ],
)
def test_usage_is_found_wherever_it_stands(event: bytes, passed: bytes) -> None:
    assert scanner().feed(event) == passed


def test_a_split_character_passes_as_it_came() -> None:
    assert fed("split_emoji")[0] == wire.stream("openai_chat", "split_emoji").replace(b',"usage":null', b"")


@pytest.mark.parametrize("name", ["no_done", "two_choices"])
def test_a_whole_answer_gets_its_missing_terminator(name: str) -> None:
    watching = scanner()
    assert not watching.feed(wire.stream("openai_chat", name)).endswith(DONE)
    assert (watching.complete, watching.finished) == (True, False)
    assert watching.close() == DONE
    assert watching.finished


def test_an_answer_with_a_choice_missing_is_not_whole() -> None:
    watching = scanner(wire.CHAT[:-1] + b',"n":2}')
    watching.feed(wire.stream("openai_chat", "no_done"))
    assert not watching.complete
    assert watching.close() == b""
    assert not watching.finished


def test_no_cut_stream_ever_looks_finished() -> None:
    for name in wire.streams("openai_chat"):
        stream = wire.stream("openai_chat", name)
        ends = [stream.find(end) for end in (b'"finish_reason":"', b"[DONE]") if end in stream]
        for place in range(min(ends, default=len(stream))):
            watching = scanner()
            assert DONE not in wire.passed(watching, [stream[:place]])
            assert not watching.finished
            assert not watching.complete


@pytest.mark.parametrize(
    ("garbage", "before"),
    [
        (b"data: hello\n\n", b""),
        (b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: {"id":\n\n' + DONE, b'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'),
        (b"data: [DONE\n\n", b""),
        (b"data: " + b"[" * 50_000 + b"\n\n", b""),
        (b'data: {"usage":null,"usage":{}}\n\n', b""),
    ],
)
def test_garbage_ends_a_stream_behind_its_good_events(garbage: bytes, before: bytes) -> None:
    watching = scanner()
    assert watching.feed(garbage) == before
    assert (watching.garbage, watching.finished) == (True, False)
    assert watching.feed(DONE) + watching.close() == b""
    assert not watching.finished


names = st.text(alphabet="abcxyz_é\u2028", min_size=1).map(lambda name: f"new_{name}")
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=6
)
inventions = st.dictionaries(names, json_values, max_size=3)


@given(st.lists(st.tuples(inventions, inventions, inventions), min_size=1, max_size=4), st.lists(st.integers(1, 400)))
def test_members_and_events_invented_tomorrow_pass(chunks: list[tuple[dict[str, Any], ...]], places: list[int]) -> None:
    stream = b"event: new\ndata: {}\n\n: remark\n\n"
    for outside, beside, inside in chunks:
        chunk = {**outside, "choices": [{**beside, "index": 0, "delta": {"content": "x", **inside}}]}
        stream += b"data: " + json.dumps(chunk, ensure_ascii=False).encode() + b"\n\n"
    watching = scanner()
    assert wire.passed(watching, wire.cut(stream, places)) == stream
    assert watching.produced == Usage(output=-(-len(chunks) // 4))


@given(st.sampled_from(["id", "model", "choices", "usage", "error", "x_groq"]), json_values, st.booleans())
def test_known_members_with_unknown_types_do_no_harm(name: str, value: object, inside: bool) -> None:
    chunk = {"choices": [{"index": 0, "delta": {"content": "x"}}], name: value}
    if inside:
        chunk["choices"] = [{name: value, "index": value, "delta": value, "finish_reason": value}]
    watching = scanner(wire.CHAT_WITH_USAGE)
    event = b"data: " + json.dumps(chunk).encode() + b"\n\n"
    assert watching.feed(event) == event


@given(st.binary(max_size=60).filter(lambda data: b"[DONE]" not in data), st.lists(st.integers(1, 60)))
def test_no_bytes_make_it_fail(data: bytes, places: list[int]) -> None:
    for frame in (data, b"data: " + data + b"\n\n", b'data: {"choices":[' + data + b"]}\n\n"):
        assert not scanner().feed(frame).startswith(b"data: [DONE]")
        wire.passed(scanner(), wire.cut(frame, places))
