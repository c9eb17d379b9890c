"""What `connection` names is about one connection only, and never reaches a provider (RFC 9110 §7.6.1)."""

from __future__ import annotations

import asyncio

import pytest

from headgate.core.ports import Deadlines, Deployment
from headgate.upstream import send
from tests.support.client import ask
from tests.support.dialects import OPENAI
from tests.support.exchange import FakeExchange
from tests.support.inside import KEY, anthropic, inside
from tests.support.scripted import scripted, sized

OTHER = Deployment("sim-anthropic/m", anthropic(80, Deadlines()), "m", 1, None)


@pytest.mark.parametrize(
    "lines",
    [
        [(b"connection", b"x-hop")],
        [(b"connection", b"X-Hop, close")],
        [(b"connection", b"x-hop"), (b"connection", b"keep-alive")],
        [(b"connection", b"keep-alive"), (b"connection", b"x-hop")],
        [(b"connection", b"keep-alive"), (b"connection", b"x-other"), (b"connection", b", x-hop ,")],
    ],
    ids=str,
)
def test_a_header_that_is_named_stays_here_however_often_connection_is_sent(lines: list[tuple[bytes, bytes]]) -> None:
    call = send.call(FakeExchange([*lines, (b"x-hop", b"1"), (b"x-stays", b"2")]), OTHER, "anthropic_messages", b"{}")
    assert (b"x-hop", b"1") not in call.headers and (b"x-stays", b"2") in call.headers


def test_naming_a_header_that_the_provider_needs_does_not_take_it_away() -> None:
    said = [(b"connection", b"anthropic-version"), (b"anthropic-version", b"1999-01-01")]
    call = send.call(FakeExchange(said), OTHER, "anthropic_messages", b"{}")
    assert [value for name, value in call.headers if name == b"anthropic-version"] == [b"2023-06-01"]


def test_naming_the_credential_does_not_take_it_away() -> None:
    call = send.call(FakeExchange([(b"connection", b"x-api-key"), (b"x-api-key", b"hg-a-b")]), OTHER, "anthropic_messages", b"{}")
    assert [value for name, value in call.headers if name == b"x-api-key"] == [b"sim-key"]


@pytest.mark.parametrize("value", ["x-hop", "x-hop, keep-alive"])
async def test_it_holds_over_a_socket(value: str) -> None:
    async with inside() as running:
        [body] = await OPENAI.recorded(running.simulator, False)

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(sized(body))

        async with scripted(answer) as provider:
            provider.serves(running)
            hop = {"connection": value, "x-hop": "1", "x-stays": "2"}
            answered = await ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers=hop)
            assert answered.status == 200
    assert b"x-hop" not in provider.heads[0] and b"x-stays: 2" in provider.heads[0]
