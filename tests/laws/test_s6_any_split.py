"""S6: however the provider's bytes are cut on their way, the client gets the same events and the ledger the same counts."""

from __future__ import annotations

import asyncio

import pytest

from headgate.core.usage import Usage
from tests.support.client import ask
from tests.support.dialects import DIALECTS, Dialect, by_name
from tests.support.inside import KEY, inside
from tests.support.scripted import chunked, scripted, sized

SIZES = (1, 2, 3, 7, 64, 1_000, 1_000_000)


class Splitting:
    """A provider that sends its answer in pieces of `size` bytes, each read for itself."""

    def __init__(self, whole: bytes) -> None:
        self.whole = whole
        self.size = 1

    async def __call__(self, writer: asyncio.StreamWriter) -> None:
        for start in range(0, len(self.whole), self.size):
            writer.write(self.whole[start : start + self.size])
            await asyncio.sleep(0)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n", b"\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("calls_tool", [False, True], ids=["text", "tool"])
@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
async def test_a_stream_in_any_pieces_is_the_same_stream(dialect: Dialect, calls_tool: bool, ends: bytes) -> None:
    seen: set[tuple[bytes, Usage, str]] = set()
    async with inside() as running:
        events = [event.replace(b"\n", ends) for event in await dialect.recorded(running.simulator, True, calls_tool)]
        async with scripted(Splitting(chunked(events))) as provider:
            provider.serves(running)
            for size in SIZES:
                provider.answer.size = size  # pyright: ignore[reportFunctionMemberAccess]
                answer = await ask(running.url, dialect.path, dialect.body(True, calls_tool), key=KEY)
                assert answer.status == 200 and answer.whole
                # Cut between CR and LF at the very end, the stream is over with the CR.
                seen.add((answer.body.rstrip(), running.rows[-1].usage, running.rows[-1].outcome))
    [(body, usage, outcome)] = seen
    assert body == b"".join(events).rstrip() and outcome == "ok" and usage.output > 0


@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
async def test_a_plain_answer_in_any_pieces_is_the_same_answer(dialect: Dialect) -> None:
    seen: set[tuple[bytes, Usage]] = set()
    async with inside() as running:
        [body] = await dialect.recorded(running.simulator, False)
        for whole in (sized(body), chunked([body]).replace(b"text/event-stream", b"application/json")):
            splitting = Splitting(whole)
            async with scripted(splitting) as provider:
                provider.serves(running)
                for splitting.size in SIZES:
                    answer = await ask(running.url, dialect.path, dialect.body(False), key=KEY)
                    seen.add((answer.body, running.rows[-1].usage))
    [(got, usage)] = seen
    assert got == body and usage.output > 0


@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
async def test_an_encoded_stream_is_read_and_passed_on_plain(dialect: Dialect, encoding: str) -> None:
    async with inside() as running:
        for size in (1, 7, 0):
            sim = {"x-sim": f"encoding={encoding};chunk={size}"}
            answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers=sim)
            assert dialect.terminal in answer.body and answer.whole
            assert "content-encoding" not in answer.headers
            assert (running.rows[-1].outcome, running.rows[-1].usage_source) == ("ok", "provider")
