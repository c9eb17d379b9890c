"""A chat request is understood as far as it must be and patched where it must be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import BadRequest, HeadgateError, InvalidJson
from headgate.wire import openai_chat
from headgate.wire.document import CHECKED_BYTES

USAGE = {"include_usage": True}
MESSAGES = '"messages":[{"role":"user","content":"hi"}]'
READ = openai_chat.CODEC.read_request


def body(members: str) -> bytes:
    return f'{{"model":"smart",{MESSAGES},{members}}}'.encode()


def test_a_request_says_what_the_gateway_needs_to_know() -> None:
    request = READ(body('"stream":true,"max_completion_tokens":50,"n":3'))
    assert (request.model, request.stream, request.max_output) == ("smart", True, 150)
    request = READ(body('"stream":null,"max_tokens":7,"n":null'))
    assert (request.stream, request.max_output) == (False, 7)
    assert READ(body('"x":1')).max_output is None


def test_only_the_name_of_the_model_changes() -> None:
    original = b'{ "messages":[{"role":"user","content":"\\u00e9 \xc3\xa9"}], "model" : "smart","new_2027":{"a":[1.0,2]}}'
    request = READ(original)
    assert request.patched("gpt-4.1", USAGE) == original.replace(b'"smart"', b'"gpt-4.1"')
    assert request.patched("smart", USAGE) is original
    assert json.loads(request.patched('a"\\b\n', {}))["model"] == 'a"\\b\n'


@pytest.mark.parametrize(
    ("options", "asked", "sent"),
    [
        ("", USAGE, ',"stream_options":{"include_usage":true}'),
        ("", {}, ""),
        ("", {"include_usage": True, "include_obfuscation": False}, ',"stream_options":{"include_usage":true,"include_obfuscation":false}'),
        (',"stream_options":null', USAGE, ',"stream_options":{"include_usage":true}'),
        (',"stream_options":{ }', USAGE, ',"stream_options":{"include_usage":true }'),
        (',"stream_options":{"include_usage": false}', USAGE, ',"stream_options":{"include_usage": true}'),
        (',"stream_options":{"include_usage":true}', {"include_usage": True, "x": True}, ',"stream_options":{"include_usage":true}'),
        (
            ',"stream_options":{"include_obfuscation": true}',
            {"include_usage": True, "include_obfuscation": False},
            ',"stream_options":{"include_obfuscation": true,"include_usage":true}',
        ),
    ],
)
def test_streams_are_asked_for_usage_and_the_clients_word_stands(options: str, asked: dict[str, bool], sent: str) -> None:
    original = body('"stream":true' + options)
    assert READ(original).patched("smart", asked) == body('"stream":true' + sent)


def test_both_edits_go_together() -> None:
    original = b'{"stream_options":{},"model":"smart","stream":true,' + MESSAGES.encode() + b"}"
    patched = READ(original).patched("gpt", USAGE)
    assert patched == original.replace(b"{}", b'{"include_usage":true}').replace(b"smart", b"gpt")


@pytest.mark.parametrize(
    ("members", "param", "said"),
    [
        ('"stream":"true"', "stream", "expected a boolean or null, got a string"),
        ('"stream_options":{}', "stream_options", "only allowed together with stream"),
        ('"stream":true,"stream_options":1', "stream_options", "expected an object"),
        ('"stream":true,"stream_options":{"include_usage":"yes"}', "stream_options.include_usage", "expected a boolean"),
        ('"stream":true,"stream_options":{"include_usage":true,"include_usage":false}', "include_usage", "twice"),
        ('"max_tokens":0', "max_tokens", "at least 1"),
        ('"max_tokens":1e3', "max_tokens", "whole number"),
        ('"max_completion_tokens":99999999999', "max_completion_tokens", "at most"),
        ('"n":[]', "n", "expected a whole number or null, got an array"),
        ('"model":"other"', "model", "twice"),
        ('"mod\\u0065l":"other"', "model", "twice"),
    ],
)
def test_a_wrong_field_is_named(members: str, param: str, said: str) -> None:
    with pytest.raises(BadRequest, match=said) as refused:
        READ(body(members))
    assert refused.value.param == param


@pytest.mark.parametrize(
    ("text", "param"),
    [
        ("{" + MESSAGES + "}", "model"),
        ('{"model":""' + "," + MESSAGES + "}", "model"),
        ('{"model":null,' + MESSAGES + "}", "model"),
        ('{"model":"m"}', "messages"),
        ('{"model":"m","messages":[]}', "messages"),
        ('{"model":"m","messages":{}}', "messages"),
        ('{"model":"m","messages":["hi"]}', "messages[0]"),
        ('{"model":"m","messages":[{"role":"user"},{"role":"user"},{"role":1}]}', "messages[2].role"),
        ('{"model":"m","messages":[{"content":"hi"}]}', "messages[0].role"),
    ],
)
def test_a_missing_or_wrong_required_field_is_named(text: str, param: str) -> None:
    with pytest.raises(BadRequest, match=r"^" + param.replace("[", r"\[")) as refused:
        READ(text.encode())
    assert refused.value.param == param


@pytest.mark.parametrize("text", [b"", b"{", b'{"model":"m"', b"{'model':1}", b'{"model":"\\udc00"}'])
def test_what_is_not_json_says_so(text: bytes) -> None:
    with pytest.raises(InvalidJson):
        READ(text)


def test_input_is_estimated_by_its_text() -> None:
    long = json.dumps({"model": "m", "messages": [{"role": "user", "content": "word " * 800}], "tools": [{"x": "y" * 400}]}).encode()
    assert 1_100 < READ(long).estimate().input < 1_200


def test_a_long_body_is_patched_like_a_short_one() -> None:
    original = body('"stream":true').replace(b"hi", b"x" * (CHECKED_BYTES + 1))
    assert READ(original).patched("gpt", {}) == original.replace(b"smart", b"gpt", 1)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8
)
inventions = st.dictionaries(st.text(alphabet="abcdefghij_é", min_size=1).map(lambda name: f"new_{name}"), json_values, max_size=4)


@given(inventions, inventions, st.booleans())
def test_fields_invented_tomorrow_pass(outside: dict[str, Any], inside: dict[str, Any], stream: bool) -> None:
    members = {**outside, "model": "smart", "stream": stream, "messages": [{"role": "user", **inside}]}
    if stream:
        members["stream_options"] = inside
    patched = json.loads(READ(json.dumps(members, ensure_ascii=False).encode()).patched("gpt", USAGE))
    assert patched == {**members, "model": "gpt", **({"stream_options": {**inside, **USAGE}} if stream else {})}


@given(st.binary(max_size=80) | st.text(alphabet='{}[]",:\\modelstrag01 \n', max_size=60).map(str.encode))
def test_no_bytes_make_it_fail_otherwise(text: bytes) -> None:
    with pytest.raises(HeadgateError):
        READ(text)


@given(st.sampled_from(["model", "messages", "stream", "stream_options", "n", "max_tokens"]), json_values)
def test_no_value_makes_it_fail_otherwise(name: str, value: object) -> None:
    members = {"model": "m", "messages": [{"role": "user"}], "stream": True, name: value}
    try:
        READ(json.dumps(members).encode()).patched("other", USAGE)
    except BadRequest as error:
        assert (error.param or "").startswith(name)
