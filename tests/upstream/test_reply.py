"""Bodies, encoded ones above all: read whole or piped, paused and cut."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest

from headgate.core.errors import UpstreamCut, UpstreamGarbage
from headgate.upstream import reply as reply_module
from tests.support.upstreams import LIMIT, Act, Script, fetch, get, piped, post, transport, upstream

TEXT = b"".join(b"data: {%d}\n\n" % number for number in range(20_000))
PACKED = gzip.compress(TEXT)


def encoded(body: bytes, encoding: bytes = b"gzip") -> bytes:
    return b"HTTP/1.1 200 OK\r\ncontent-encoding: %b\r\nx-a: 1\r\ncontent-length: %d\r\n\r\n" % (encoding, len(body)) + body


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces)


GZIP_STREAM = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("encoding", [b"gzip", b"GZIP", b" gzip "])
async def test_an_encoded_body_is_read_decoded_without_the_headers_that_are_no_longer_true(encoding: bytes) -> None:
    async with upstream([Act.REQUEST, encoded(PACKED, encoding)] * 2) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        assert (await reply.read(LIMIT), reply.headers) == (TEXT, [(b"x-a", b"1")])
        reply.close()
        assert b"".join(await piped(await here.open(post(there.origin())))) == TEXT


async def test_identity_is_no_encoding_and_its_headers_stay() -> None:
    async with upstream([Act.REQUEST, encoded(b"hello", b"identity")]) as there, transport() as here:
        reply = await here.open(get(there.origin()))
        assert await reply.read(LIMIT) == b"hello"
        assert reply.headers == [(b"content-encoding", b"identity"), (b"x-a", b"1"), (b"content-length", b"5")]
        reply.close()


async def test_an_empty_encoded_body_is_empty() -> None:
    async with upstream([Act.REQUEST, encoded(b"")]) as there, transport() as here:
        assert await fetch(here, post(there.origin())) == (200, b"")


async def test_the_first_event_of_an_encoded_stream_is_not_held_back() -> None:
    pack = zlib.compressobj(wbits=31)
    first = pack.compress(b"data: 1\n\n") + pack.flush(zlib.Z_SYNC_FLUSH)
    rest = pack.compress(b"data: 2\n\n") + pack.flush()
    script: Script = [Act.REQUEST, GZIP_STREAM, Act.TICK, chunks(first), Act.TICK, chunks(rest, b"")]
    async with upstream(script) as there, transport() as here:
        assert await piped(await here.open(post(there.origin()))) == [b"data: 1\n\n", b"data: 2\n\n"]


async def test_a_bomb_is_garbage_once_it_is_longer_than_the_limit() -> None:
    bomb = gzip.compress(b"\0" * 200_000_000, 9)
    async with upstream([Act.REQUEST, encoded(bomb)]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        with pytest.raises(UpstreamGarbage, match="longer than 1048576 bytes"):
            await reply.read(LIMIT)
        reply.close()
        await asyncio.wait_for(there.gone.wait(), 5)


async def test_a_paused_sink_gets_no_more_of_a_bomb_and_the_rest_when_it_is_resumed() -> None:
    size = 20_000_000
    async with upstream([Act.REQUEST, encoded(gzip.compress(b"\0" * size))]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        taken: list[int] = []

        def sink(piece: bytes) -> None:
            taken.append(len(piece))
            reply.pause()

        task = asyncio.ensure_future(reply.pipe(sink))
        await asyncio.sleep(0.05)
        assert len(taken) == 1
        while not task.done():
            reply.resume()
            await asyncio.sleep(0)
        assert await task is None
        assert (sum(taken), max(taken) <= 256 * 1024) == (size, True)
        reply.close()


async def test_decoding_a_long_body_lets_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_module, "PIECES_PER_TURN", 2)
    async with upstream([Act.REQUEST, encoded(gzip.compress(b"\0" * 5_000_000))]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        turns = 0
        reading = asyncio.ensure_future(reply.read(10_000_000))
        while not reading.done():
            turns += 1
            await asyncio.sleep(0)
        assert (len(await reading), turns > 10) == (5_000_000, True)
        reply.close()


async def test_an_encoded_body_that_is_not_what_it_says_is_garbage() -> None:
    async with (
        upstream([Act.REQUEST, encoded(b"this is no gzip at all")], [Act.REQUEST, encoded(PACKED + b"junk")]) as there,
        transport() as here,
    ):
        for _ in range(2):
            reply = await here.open(post(there.origin()))
            with pytest.raises(UpstreamGarbage, match="not the gzip it says"):
                await reply.read(LIMIT)
            reply.close()


async def test_an_encoded_body_without_its_end_is_cut_though_its_framing_is_whole() -> None:
    async with (
        upstream([Act.REQUEST, encoded(PACKED[:-9])], [Act.REQUEST, GZIP_STREAM + chunks(PACKED[:900], b"")]) as there,
        transport() as here,
    ):
        for _ in range(2):
            reply = await here.open(post(there.origin()))
            pieces: list[bytes] = []
            with pytest.raises(UpstreamCut, match="no end"):
                await reply.pipe(pieces.append)
            assert pieces and TEXT.startswith(b"".join(pieces))
            reply.close()


async def test_what_came_before_a_cut_is_given_before_the_error() -> None:
    async with upstream([Act.REQUEST, GZIP_STREAM + chunks(PACKED[:900]), Act.CLOSE]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        await asyncio.sleep(0.05)
        pieces: list[bytes] = []
        with pytest.raises(UpstreamCut):
            await reply.pipe(pieces.append)
        assert pieces and TEXT.startswith(b"".join(pieces))


async def test_an_error_of_the_sink_on_what_waited_for_it_comes_out_of_pipe() -> None:
    def sink(piece: bytes) -> None:
        raise LookupError(len(piece))

    async with (
        upstream([Act.REQUEST, encoded(b"hello", b"identity")] * 2, [Act.REQUEST, encoded(PACKED)]) as there,
        transport() as here,
    ):
        for _ in range(2):
            reply = await here.open(post(there.origin()))
            with pytest.raises(LookupError):
                await reply.pipe(sink)
            reply.close()


async def test_a_closed_reply_no_longer_touches_its_connection() -> None:
    async with upstream() as there, transport() as here:
        old = await here.open(post(there.origin()))
        old.close()
        new = await here.open(post(there.origin()))
        old.pause()
        old.content_seen()
        old.close()
        assert await new.read(LIMIT) == b"hello"
        new.close()
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 1
