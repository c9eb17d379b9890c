"""A Messages request is understood as far as it must be and patched where it must be."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import BadRequest, HeadgateError
from headgate.core.usage import Usage
from headgate.wire import anthropic

MESSAGES = '"messages":[{"role":"user","content":"hi"}]'
READ = anthropic.CODEC.read_request


def body(members: str) -> bytes:
    return f'{{"model":"smart",{MESSAGES},{members}}}'.encode()


def test_a_request_says_what_the_gateway_needs_to_know() -> None:
    request = READ(body('"max_tokens":1024,"stream":true'))
    assert (request.model, request.stream, request.max_output) == ("smart", True, 1024)
    assert READ(body('"max_tokens":0')).max_output == 0


def test_only_the_name_of_the_model_changes() -> None:
    original = (
        b'{\n "max_tokens": 10, "stream": true,\n "model": "smart", "messages": [{"role":"user","content":"\\u00e9"}], "beta_2027": {} }\n'
    )
    request = READ(original)
    assert request.patched("claude-sonnet-4-5", {"include_usage": True}) == original.replace(b"smart", b"claude-sonnet-4-5")
    assert request.patched("smart", {"include_usage": True}) is original


@pytest.mark.parametrize(
    ("text", "param"),
    [
        (f'{{"model":"m",{MESSAGES}}}', "max_tokens"),
        (f'{{"model":"m","max_tokens":null,{MESSAGES}}}', "max_tokens"),
        (f'{{"model":"m","max_tokens":-1,{MESSAGES}}}', "max_tokens"),
        (f'{{"max_tokens":1,{MESSAGES}}}', "model"),
        ('{"model":"m","max_tokens":1}', "messages"),
        ('{"model":"m","max_tokens":1,"messages":[]}', "messages"),
        ('{"model":"m","max_tokens":1,"messages":[{"role":"user"},{"content":""}]}', "messages[1].role"),
        (f'{{"model":"m","max_tokens":1,"stream":1,{MESSAGES}}}', "stream"),
        (f'{{"model":"m","max_tokens":1,"max_tokens":9,{MESSAGES}}}', "max_tokens"),
    ],
)
def test_a_wrong_field_is_named(text: str, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        READ(text.encode())
    assert refused.value.param == param
    assert refused.value.message.startswith(param)


def test_input_is_estimated_by_its_text() -> None:
    request = READ(body('"max_tokens":1,"system":"' + "x" * 4000 + '","tools":[{"name":"' + "y" * 2000 + '"}]'))
    assert 1_500 < request.estimate().input < 1_600


def test_counting_tokens_needs_no_limit_and_costs_nothing() -> None:
    original = body('"system":"long"')
    request = anthropic.COUNT_TOKENS.read_request(original)
    assert (request.model, request.stream, request.max_output, request.estimate()) == ("smart", False, 0, Usage())
    assert request.patched("claude", {}) == original.replace(b"smart", b"claude")
    with pytest.raises(BadRequest, match="messages: this field is required"):
        anthropic.COUNT_TOKENS.read_request(b'{"model":"m"}')


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x), max_leaves=8
)
inventions = st.dictionaries(st.text(alphabet="abcdefghij_é", min_size=1).map(lambda name: f"new_{name}"), json_values, max_size=4)


@given(inventions, inventions)
def test_fields_invented_tomorrow_pass(outside: dict[str, Any], inside: dict[str, Any]) -> None:
    members = {"max_tokens": 5, **outside, "model": "smart", "messages": [{"role": "user", **inside}]}
    assert json.loads(READ(json.dumps(members).encode()).patched("claude", {})) == {**members, "model": "claude"}


@given(st.binary(max_size=80) | st.text(alphabet='{}[]",:\\modelstrag01 \n', max_size=60).map(str.encode))
def test_no_bytes_make_it_fail_otherwise(text: bytes) -> None:
    for codec in (anthropic.CODEC, anthropic.COUNT_TOKENS):
        with pytest.raises(HeadgateError):
            codec.read_request(text)
