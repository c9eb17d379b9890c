"""Whole calls over real sockets: framing, reuse, cancellation, back-pressure."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from time import monotonic

import pytest

from headgate.core.errors import UpstreamCut, UpstreamGarbage, UpstreamOverloaded, UpstreamReset
from headgate.core.ports import Origin
from headgate.upstream.transport import HttpReply, Transport
from tests.support.upstreams import ANSWER, CHUNKED, HELLO, LIMIT, Act, Upstream, fetch, get, piped, post, transport, upstream


async def test_a_request_goes_out_in_one_write_with_our_framing_and_the_callers_headers() -> None:
    async with upstream() as there, transport() as here:
        assert await fetch(here, post(there.origin(), b'{"a":1}', [(b"authorization", b"Bearer k"), (b"x-a", b"1")])) == (200, b"hello")
    assert there.requests == [
        b"POST /v1/chat HTTP/1.1\r\nhost: 127.0.0.1:%d\r\naccept-encoding: identity\r\nauthorization: Bearer k\r\nx-a: 1\r\n"
        b'content-length: 7\r\n\r\n{"a":1}' % there.port
    ]


async def test_an_answer_says_its_status_its_headers_in_lower_case_and_when_it_came() -> None:
    async with (
        upstream([Act.REQUEST, b"HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nX-Id: AbC\r\nContent-Length: 0\r\n\r\n"]) as there,
        transport() as here,
    ):
        before = monotonic()
        reply = await here.open(post(there.origin()))
        reply.close()
        assert (reply.status, reply.headers) == (429, [(b"retry-after", b"7"), (b"x-id", b"AbC"), (b"content-length", b"0")])
        assert before <= reply.written_at <= reply.head_at <= monotonic()


async def test_a_body_that_came_with_the_head_is_read_without_waiting() -> None:
    async with upstream() as there, transport() as here:
        reply = await here.open(post(there.origin()))
        reading = reply.read(LIMIT)
        with pytest.raises(StopIteration) as stopped:
            reading.send(None)
        assert stopped.value.value == b"hello"
        reply.close()


WHOLE: dict[str, tuple[bytes, bytes]] = {
    "content-length": (HELLO, b"hello"),
    "content-length 0": (b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", b""),
    "chunked": (CHUNKED + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", b"hello world"),
    "chunked with extensions": (CHUNKED + b"5;a=b\r\nhello\r\n0\r\n\r\n", b"hello"),
    "chunked with trailers": (CHUNKED + b"5\r\nhello\r\n0\r\nx-trailer: 1\r\n\r\n", b"hello"),
    "empty chunked": (CHUNKED + b"0\r\n\r\n", b""),
    "100 first": (b"HTTP/1.1 100 Continue\r\n\r\n" + HELLO, b"hello"),
    "103 first": (b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + HELLO, b"hello"),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
    "304 with a length": (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n", b""),
    "HTTP/1.0 keep-alive": (b"HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello", b"hello"),
}
"""Answers after which the connection can be used again."""


@pytest.mark.parametrize(("raw", "body"), WHOLE.values(), ids=WHOLE)
async def test_every_framing_is_read_and_the_connection_used_again(raw: bytes, body: bytes) -> None:
    async with upstream([Act.REQUEST, raw, Act.REQUEST, HELLO]) as there, transport() as here:
        assert (await fetch(here, post(there.origin())))[1] == body
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 1


@pytest.mark.parametrize(("raw", "body"), WHOLE.values(), ids=WHOLE)
async def test_byte_by_byte_gives_the_same(raw: bytes, body: bytes) -> None:
    drip = [bytes([byte]) for byte in raw]
    async with upstream([Act.REQUEST, *drip]) as there, transport() as here:
        assert b"".join(await piped(await here.open(post(there.origin())))) == body


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        HELLO + b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nbad",
        HELLO + b"junk",
    ],
    ids=["connection: close", "HTTP/1.0", "a second answer", "junk after it"],
)
async def test_an_answer_after_which_the_connection_is_not_used_again(raw: bytes) -> None:
    async with upstream([Act.REQUEST, raw], ANSWER) as there, transport() as here:
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 2


async def test_a_body_without_length_ends_with_the_connection() -> None:
    async with upstream([Act.REQUEST, b"HTTP/1.1 200 OK\r\n\r\nhel", Act.TICK, b"lo", Act.CLOSE]) as there, transport() as here:
        assert await fetch(here, post(there.origin())) == (200, b"hello")


async def test_a_body_without_length_that_is_reset_is_cut() -> None:
    async with upstream([Act.REQUEST, b"HTTP/1.1 200 OK\r\n\r\nhel", Act.TICK, Act.RESET]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        with pytest.raises(UpstreamCut):
            await reply.read(LIMIT)


async def test_head_gets_no_body_and_its_connection_is_not_used_again() -> None:
    async with (
        upstream([Act.REQUEST, b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-encoding: br\r\n\r\n"], ANSWER) as there,
        transport() as here,
    ):
        assert await fetch(here, get(there.origin(), b"HEAD")) == (200, b"")
        assert await fetch(here, get(there.origin())) == (200, b"hello")
        assert there.connections == 2


BAD_HEADS: dict[str, bytes] = {
    "length and chunked": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "chunked and length": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n\r\nhello",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
    "a length that is none": b"HTTP/1.1 200 OK\r\ncontent-length: 5x\r\n\r\nhello",
    "negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello",
    "gzip transfer encoding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "twice chunked": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity transfer encoding": b"HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\nhello",
    "folded header": b"HTTP/1.1 200 OK\r\nx-a: 1\r\n 2\r\ncontent-length: 0\r\n\r\n",
    "no HTTP": b"<html>hello</html>\r\n\r\n",
    "status 99": b"HTTP/1.1 099 What\r\ncontent-length: 0\r\n\r\n",
    "status 101": b"HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n",
    "space before colon": b"HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\nhello",
    "unknown encoding": b"HTTP/1.1 200 OK\r\ncontent-encoding: snappy\r\ncontent-length: 5\r\n\r\nhello",
    "two encodings": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip, br\r\ncontent-length: 5\r\n\r\nhello",
    "head without end": b"HTTP/1.1 200 OK\r\n" + b"x-filler: 0123456789abcdef\r\n" * 3000,
    "head too long in one go": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 70_000 + b"\r\ncontent-length: 0\r\n\r\n",
    "interim answers without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 4000,
}


@pytest.mark.parametrize("raw", BAD_HEADS.values(), ids=BAD_HEADS)
async def test_a_head_that_is_not_http_is_garbage_and_ends_the_connection(raw: bytes) -> None:
    async with upstream([Act.REQUEST, raw]) as there, transport() as here:
        with pytest.raises(UpstreamGarbage):
            await here.open(post(there.origin()))
        await asyncio.wait_for(there.gone.wait(), 5)


BROKEN_BODIES: dict[str, bytes] = {
    "bad chunk size": CHUNKED + b"5\r\nhello\r\nzz\r\n",
    "chunk longer than it says": CHUNKED + b"5\r\nhelloX\r\n0\r\n\r\n",
    "chunk size too large": CHUNKED + b"5\r\nhello\r\nfffffffffffffffff\r\n",
    "endless trailer": CHUNKED + b"5\r\nhello\r\n0\r\nx: " + b"a" * 600_000,
    "endless extension": CHUNKED + b"5\r\nhello\r\n5;" + b"a" * 600_000,
}


@pytest.mark.parametrize("raw", BROKEN_BODIES.values(), ids=BROKEN_BODIES)
async def test_framing_that_breaks_within_the_body_cuts_it(raw: bytes) -> None:
    async with upstream([Act.REQUEST, raw]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        pieces: list[bytes] = []
        with pytest.raises(UpstreamCut):
            await reply.pipe(pieces.append)
        assert b"".join(pieces) == b"hello"
        await asyncio.wait_for(there.gone.wait(), 5)


LONG = CHUNKED + b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"


@pytest.mark.parametrize("raw", [LONG, HELLO], ids=["chunked", "content-length"])
async def test_every_cut_point_is_a_reset_before_the_head_and_a_cut_after(raw: bytes) -> None:
    body_at = raw.index(b"\r\n\r\n") + 4
    async with upstream(*[[Act.REQUEST, raw[:at], Act.CLOSE] for at in range(len(raw))]) as there, transport() as here:
        for at in range(len(raw)):
            pieces: list[bytes] = []
            with pytest.raises(UpstreamReset if at < body_at else UpstreamCut):
                await (await here.open(post(there.origin()))).pipe(pieces.append)
            assert raw[body_at:at].startswith(b"".join(pieces)) or b"abcdef".startswith(b"".join(pieces))


async def test_a_connection_that_is_reset_is_a_reset_before_the_head_and_a_cut_after() -> None:
    async with (
        upstream([Act.REQUEST, Act.RESET], [Act.REQUEST, CHUNKED + b"3\r\nabc\r\n", Act.TICK, Act.RESET]) as there,
        transport() as here,
    ):
        with pytest.raises(UpstreamReset):
            await here.open(post(there.origin()))
        reply = await here.open(post(there.origin()))
        with pytest.raises(UpstreamCut):
            await reply.read(LIMIT)


async def test_an_idle_connection_that_the_provider_closed_is_not_used() -> None:
    async with upstream([Act.REQUEST, HELLO, Act.CLOSE], ANSWER) as there, transport() as here:
        await fetch(here, post(there.origin()))
        await asyncio.sleep(0.05)
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 2


async def test_an_idle_connection_that_says_something_unasked_is_not_used() -> None:
    async with upstream([Act.REQUEST, HELLO, Act.TICK, HELLO], ANSWER) as there, transport() as here:
        await fetch(here, post(there.origin()))
        await asyncio.wait_for(there.gone.wait(), 5)
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 2


async def test_a_request_that_was_written_is_never_written_again() -> None:
    async with upstream([Act.REQUEST, HELLO, Act.REQUEST, Act.CLOSE], ANSWER) as there, transport() as here:
        await fetch(here, post(there.origin()))
        with pytest.raises(UpstreamReset):
            await here.open(post(there.origin(), b"second"))
        assert [request[-6:] for request in there.requests] == [b"\r\n\r\n{}", b"second"]


async def test_an_answer_before_the_request_was_all_sent_is_given_and_the_connection_ended() -> None:
    early = b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno"
    async with upstream([early, Act.STALL], ANSWER) as there, transport() as here:
        assert await fetch(here, post(there.origin(), b"x" * 20_000_000)) == (413, b"no")
        assert await fetch(here, post(there.origin())) == (200, b"hello")
        assert there.connections == 2


async def test_a_long_request_body_arrives_whole() -> None:
    body = bytes(range(256)) * 20_000
    async with upstream() as there, transport() as here:
        assert await fetch(here, post(there.origin(), body)) == (200, b"hello")
        assert there.requests[0].endswith(body)


async def test_a_redirect_is_an_answer_and_not_followed() -> None:
    async with upstream() as target:
        moved = b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:%d/\r\ncontent-length: 0\r\n\r\n" % target.port
        async with upstream([Act.REQUEST, moved]) as there, transport() as here:
            assert await fetch(here, post(there.origin())) == (307, b"")
            assert target.connections == 0


async def reading(reply: HttpReply) -> None:
    await reply.read(LIMIT)


async def piping(reply: HttpReply) -> None:
    await reply.pipe(lambda _: None)


@pytest.mark.parametrize("way", [reading, piping])
async def test_cancelling_who_reads_closes_the_connection_at_once(way: Callable[[HttpReply], Coroutine[None, None, None]]) -> None:
    async with upstream([Act.REQUEST, CHUNKED + b"3\r\nabc\r\n", Act.STALL]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        task = asyncio.ensure_future(way(reply))
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.wait_for(there.gone.wait(), 0.25)
        with pytest.raises(asyncio.CancelledError):
            await task
        reply.close()


async def test_cancelling_who_waits_for_the_head_closes_the_connection_at_once() -> None:
    async with upstream([Act.REQUEST, Act.STALL]) as there, transport() as here:
        task = asyncio.ensure_future(here.open(post(there.origin())))
        while not there.requests:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.wait_for(there.gone.wait(), 0.25)
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_closing_a_reply_before_its_end_closes_the_connection_and_twice_is_once() -> None:
    async with upstream([Act.REQUEST, CHUNKED + b"3\r\nabc\r\n", Act.STALL]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        reply.close()
        reply.close()
        await asyncio.wait_for(there.gone.wait(), 0.25)


async def settled(there: Upstream) -> int:
    """How much a flooding server could send until nobody took more."""
    before = -1
    while before != there.flooded_bytes:
        before = there.flooded_bytes
        await asyncio.sleep(0.1)
    return before


async def test_a_paused_reply_stops_the_provider_and_a_resumed_one_lets_it_go_on() -> None:
    async with upstream([Act.REQUEST, CHUNKED, Act.FLOOD]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        taken = 0

        def sink(piece: bytes) -> None:
            nonlocal taken
            taken += len(piece)

        task = asyncio.ensure_future(reply.pipe(sink))
        await asyncio.sleep(0.05)
        reply.pause()
        await settled(there)
        stopped_at = taken
        await asyncio.sleep(0.05)
        assert taken == stopped_at
        reply.resume()
        while taken < stopped_at + 10_000_000:
            await asyncio.sleep(0.005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_body_that_nobody_reads_is_not_gathered_without_bound() -> None:
    async with upstream([Act.REQUEST, CHUNKED, Act.FLOOD]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        await settled(there)
        taken = 0

        def sink(piece: bytes) -> None:
            nonlocal taken
            taken += len(piece)
            raise EOFError

        with pytest.raises(EOFError):
            await reply.pipe(sink)
        assert taken <= 512 * 1024 + 64 * 1024  # the bound, and one read beyond it


async def test_what_the_sink_raises_comes_out_of_pipe_and_ends_the_connection() -> None:
    def sink(piece: bytes) -> None:
        raise LookupError(piece)

    async with upstream([Act.REQUEST, CHUNKED, Act.TICK, b"3\r\nabc\r\n", Act.STALL]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        with pytest.raises(LookupError, match="abc"):
            await reply.pipe(sink)
        await asyncio.wait_for(there.gone.wait(), 0.25)
        reply.close()


async def test_every_piece_is_pushed_when_it_arrives() -> None:
    script = [Act.REQUEST, CHUNKED, Act.TICK, b"1\r\na\r\n1\r\nb\r\n", Act.TICK, b"1\r\nc\r\n", Act.TICK, b"0\r\n\r\n"]
    async with upstream(script) as there, transport() as here:
        assert await piped(await here.open(post(there.origin()))) == [b"ab", b"c"]


async def test_reading_stops_at_the_limit() -> None:
    async with upstream([Act.REQUEST, HELLO], [Act.REQUEST, CHUNKED, Act.FLOOD]) as there, transport() as here:
        reply = await here.open(post(there.origin()))
        with pytest.raises(UpstreamGarbage, match="longer than 4 bytes"):
            await reply.read(4)
        other = await here.open(post(there.origin()))
        with pytest.raises(UpstreamGarbage, match="longer than 100000 bytes"):
            await other.read(100_000)
        reply.close()
        other.close()


async def test_closing_the_transport_ends_those_who_wait_and_those_who_read() -> None:
    async with upstream([Act.REQUEST, CHUNKED], [Act.REQUEST, Act.STALL]) as there:
        here = Transport()
        reply = await here.open(post(there.origin()))
        reads = asyncio.ensure_future(reply.read(LIMIT))
        waits = asyncio.ensure_future(here.open(post(there.origin())))
        while len(there.requests) < 2:
            await asyncio.sleep(0.005)
        await here.close()
        with pytest.raises(UpstreamCut):
            await reads
        with pytest.raises(UpstreamReset):
            await waits
        with pytest.raises(UpstreamReset, match="shutting down"):
            await here.open(post(there.origin()))


async def test_origins_are_bounded_and_the_one_used_longest_ago_is_forgotten() -> None:
    async with upstream() as there, transport(origins=2) as here:
        origins = [Origin("http", "127.0.0.1", there.port, allow_private=True, ca_file=str(n)) for n in range(3)]
        for origin in origins:
            await fetch(here, post(origin))
            await asyncio.sleep(0.01)
        assert there.connections == 3
        await fetch(here, post(origins[1]))
        assert there.connections == 3
        await fetch(here, post(origins[0]))
        assert there.connections == 4


async def test_when_all_origins_are_in_use_another_is_refused() -> None:
    async with upstream([Act.REQUEST, CHUNKED]) as there, transport(origins=1) as here:
        reply = await here.open(post(there.origin()))
        with pytest.raises(UpstreamOverloaded):
            await here.open(post(there.origin(ca_file="other")))
        reply.close()
