"""Embeddings: what may go in, and what came out."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import BadRequest, HeadgateError, UpstreamError, UpstreamGarbage
from headgate.core.usage import Usage
from headgate.wire import openai_embeddings
from headgate.wire.document import CHECKED_BYTES
from tests.support import wire

CODEC = openai_embeddings.CODEC


@pytest.mark.parametrize("given_input", ['"x"', '["a","b"]', "[1,2]", "[[1,2],[3]]"])
def test_every_kind_of_input_passes_as_it_came(given_input: str) -> None:
    body = f'{{"input": {given_input}, "model": "emb", "encoding_format":"base64"}}'.encode()
    request = CODEC.read_request(body)
    assert (request.model, request.stream, request.max_output) == ("emb", False, 0)
    assert request.patched("emb", {"include_usage": True}) is body
    assert request.patched("text-embedding-3", {}) == body.replace(b'"emb"', b'"text-embedding-3"')
    assert request.estimate().input >= 1


@pytest.mark.parametrize(
    ("given_input", "param"),
    [
        ('""', "input"),
        ("[]", "input"),
        ('["a",""]', "input[1]"),
        ("3", "input"),
        ("[[]]", "input[0]"),
        ('[["a"]]', "input[0][0]"),
        ("null", "input"),
    ],
)
def test_empty_and_odd_input_is_refused_with_its_path(given_input: str, param: str) -> None:
    with pytest.raises(BadRequest) as refused:
        CODEC.read_request(f'{{"model":"m","input":{given_input}}}'.encode())
    assert refused.value.param == param


def test_a_long_input_is_not_looked_through() -> None:
    body = json.dumps({"model": "m", "input": ["x" * 2000] * (CHECKED_BYTES // 1000)}).encode()
    assert CODEC.read_request(body).estimate().input > CHECKED_BYTES // 4


def test_a_reply_tells_its_usage() -> None:
    facts = CODEC.read_reply(wire.reply("openai_embeddings", "floats"))
    assert (facts.usage, facts.model, facts.produced) == (Usage(input=8), "text-embedding-3-small", Usage())


def test_a_reply_in_base64_without_usage_is_a_reply() -> None:
    facts = CODEC.read_reply(b'\n\n{"data":[{"embedding":"AAAA"}],"model":"m"}')
    assert (facts.usage, facts.model) == (None, "m")


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data":[{"embedding":[0.1', b'{"data":7}', b"[]", b'{"choices":[]}'])
def test_what_is_no_reply_is_garbage(body: bytes) -> None:
    with pytest.raises(UpstreamGarbage):
        CODEC.read_reply(body)


def test_an_error_with_a_good_status_is_an_error() -> None:
    with pytest.raises(UpstreamError, match="no such model"):
        CODEC.read_reply(b'{"error":{"message":"no such model"}}')


@given(st.binary(max_size=50))
def test_no_bytes_make_it_fail_otherwise(body: bytes) -> None:
    for read in (CODEC.read_request, CODEC.read_reply):
        with pytest.raises(HeadgateError):
            read(body)


def test_there_is_no_stream() -> None:
    assert CODEC.scanner is None
    assert CODEC.keep_alive == b""
