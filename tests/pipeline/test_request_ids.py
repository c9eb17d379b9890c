"""Providers that give their answers no id: the gateway's own takes its place, so that a client always has one to quote."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.client import ask
from tests.support.dialects import DIALECTS, Dialect, by_name
from tests.support.inside import KEY, inside
from tests.support.scripted import chunked, scripted, sized

WHERE = {"openai": "x-request-id", "anthropic": "request-id"}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
async def test_an_answer_without_an_id_gets_the_gateways(dialect: Dialect, stream: bool) -> None:
    async with inside() as running:
        said = await dialect.recorded(running.simulator, stream)

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(chunked(said) if stream else sized(said[0]))

        async with scripted(answer) as provider:
            provider.serves(running)
            got = await ask(running.url, dialect.path, dialect.body(stream), key=KEY)
    assert got.status == 200
    assert got.headers[WHERE[dialect.name]] == got.headers["x-headgate-request-id"] == running.rows[-1].id


@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
async def test_so_does_a_refusal_that_is_passed_on(dialect: Dialect) -> None:
    body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": "no"}}).encode()

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 422 \r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))

    async with inside() as running, scripted(answer) as provider:
        provider.serves(running)
        got = await ask(running.url, dialect.path, dialect.body(False), key=KEY)
    assert (got.status, got.body) == (422, body)
    assert got.headers[WHERE[dialect.name]] == running.rows[-1].id
