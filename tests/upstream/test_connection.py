"""One connection, fed by hand: any split of an answer is the same answer, and endless ones cost nothing."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import HeadgateError, UpstreamReset
from headgate.core.ports import Deadlines, Headers, Origin
from headgate.upstream.connection import PIECE_BYTES, Connection
from headgate.upstream.request import HttpCall
from headgate.upstream.watch import Watch
from tests.support.upstreams import CHUNKED, HELLO

CALL = HttpCall(Origin("http", "api.example", 80), b"POST", b"/v1", [], b"{}", Deadlines())


class Wire(asyncio.Transport):
    """A transport that keeps what is written and says nothing by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[bytes] = []
        self.open = True
        self.reading = True

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self

    def setsockopt(self, *option: int) -> None:
        self.option = option

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self.limits = (high, low)

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        return not self.open

    def abort(self) -> None:
        self.open = False

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True


class Shelf:
    """An owner that counts what comes back."""

    def __init__(self) -> None:
        self.kept = 0

    def give_back(self, connection: Connection) -> None:
        self.kept += 1

    def lost(self, connection: Connection) -> None:
        self.kept -= 1


def connected() -> tuple[Connection, Wire, Shelf]:
    loop = asyncio.get_running_loop()
    shelf, wire = Shelf(), Wire()
    connection = Connection(loop, Watch(loop), shelf)
    connection.connection_made(wire)
    return connection, wire, shelf


async def turn(number: int = 3) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


Seen = tuple[int, Headers, bytes, str | None, int]
"""Status, headers, body, error, connections kept."""


async def answered(pieces: list[bytes]) -> Seen:
    """What a call sees of an answer that arrives in these pieces, after which the connection ends."""
    connection, wire, shelf = connected()
    opening = asyncio.ensure_future(connection.exchange(CALL, b"", asyncio.get_running_loop().time()))
    await turn()
    body: list[bytes] = []
    piping: asyncio.Future[None] | None = None
    for piece in pieces:
        if piece and wire.open:
            connection.data_received(piece)
        await turn(2)
        if piping is None and opening.done() and opening.exception() is None:
            piping = asyncio.ensure_future(opening.result().pipe(body.append))
    await turn()
    error: str | None = None
    if piping is None or not piping.done():
        connection.eof_received()
        connection.connection_lost(None)
    await turn()
    try:
        reply = await opening
        await (piping or reply.pipe(body.append))
    except HeadgateError as failed:
        error = failed.code
    if opening.exception() is not None:
        return 0, [], b"", error, 0
    reply = opening.result()
    shelf.kept = 0
    reply.close()
    connection._watch.stop()  # pyright: ignore[reportPrivateUsage]  (no timer may outlive its loop)
    return reply.status, reply.headers, b"".join(body), error, shelf.kept


ANSWERS: Mapping[str, bytes] = {
    "length": HELLO,
    "chunked": CHUNKED + b"5\r\nhello\r\n1;x=y\r\n!\r\n0\r\nx-t: 1\r\n\r\n",
    "until close": b"HTTP/1.1 200 OK\r\nserver: a\r\n\r\nhello",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nlink: <x>\r\n\r\n" + HELLO,
    "cut": HELLO[:-2],
    "bad chunk": CHUNKED + b"5\r\nhello\r\nxx\r\n",
    "bad head": b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
    "no content": b"HTTP/1.1 204 No Content\r\nx-a: 1\r\n\r\n",
}


@pytest.mark.parametrize("raw", ANSWERS.values(), ids=ANSWERS)
@given(data=st.data())
async def test_any_split_is_the_same_answer(raw: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(raw)), max_size=12)))
    at = [0, *cuts, len(raw)]
    assert await answered([raw[a:b] for a, b in pairwise(at)]) == await answered([raw])


async def test_the_whole_answers_are_what_they_should_be() -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"5")]
    assert await answered([ANSWERS["length"]]) == (200, headers, b"hello", None, 1)
    streamed = [(b"content-type", b"text/event-stream"), (b"transfer-encoding", b"chunked")]  # and no trailers
    assert await answered([ANSWERS["chunked"]]) == (200, streamed, b"hello!", None, 1)
    assert (await answered([ANSWERS["until close"]]))[2:] == (b"hello", None, 0)
    assert (await answered([ANSWERS["cut"]]))[2:] == (b"hel", "upstream_truncated", 0)
    assert (await answered([ANSWERS["bad chunk"]]))[2:] == (b"hello", "upstream_truncated", 0)
    assert (await answered([ANSWERS["bad head"]]))[3] == "upstream_garbage"


async def test_a_connection_that_was_paused_at_the_end_of_an_answer_is_read_again_for_the_next() -> None:
    connection, wire, shelf = connected()
    opening = asyncio.ensure_future(connection.exchange(CALL, b"", asyncio.get_running_loop().time()))
    await turn()
    connection.data_received(HELLO[:-2])
    reply = await opening
    reply.pause()
    assert not wire.reading
    connection.data_received(HELLO[-2:])  # was on its way already
    assert await reply.read(10) == b"hello"
    reply.close()
    assert (wire.reading, shelf.kept) == (True, 1)


async def test_a_small_request_is_one_write_with_its_head() -> None:
    connection, wire, _ = connected()
    task = asyncio.ensure_future(connection.exchange(CALL, b"HEAD ", asyncio.get_running_loop().time()))
    await turn()
    assert (wire.written, wire.limits) == ([b"HEAD {}"], (1, 0))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not wire.open


async def test_a_long_body_is_handed_over_in_pieces_as_the_socket_takes_them() -> None:
    connection, wire, _ = connected()
    body = b"x" * (PIECE_BYTES * 3 + 1)
    call = HttpCall(CALL.origin, b"POST", b"/", [], body, Deadlines())
    connection.pause_writing()
    task = asyncio.ensure_future(connection.exchange(call, b"HEAD ", asyncio.get_running_loop().time()))
    await turn()
    assert wire.written == [b"HEAD "]
    connection.resume_writing()
    await turn(1)
    connection.pause_writing()
    sent = len(wire.written)
    await turn()
    assert len(wire.written) == sent < 5
    connection.resume_writing()
    await turn(8)
    assert b"".join(wire.written) == b"HEAD " + body
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_connection_that_ended_before_the_request_is_a_reset() -> None:
    connection, _, _ = connected()
    connection.connection_lost(None)
    with pytest.raises(UpstreamReset, match="before the request was sent"):
        await connection.exchange(CALL, b"", asyncio.get_running_loop().time())


async def test_bytes_nobody_asked_for_end_the_connection() -> None:
    connection, wire, _ = connected()
    connection.data_received(HELLO)
    assert not wire.open


async def grown(step: Callable[[], Awaitable[None]], times: int) -> int:
    """How much more memory is in use after many steps."""
    tracemalloc.start()
    try:
        await step()
        before, _ = tracemalloc.get_traced_memory()
        for _ in range(times):
            await step()
        after, _ = tracemalloc.get_traced_memory()
        return after - before
    finally:
        tracemalloc.stop()


async def test_a_stream_of_any_length_costs_flat_memory() -> None:
    connection, _, _ = connected()
    opening = asyncio.ensure_future(connection.exchange(CALL, b"", asyncio.get_running_loop().time()))
    await turn()
    connection.data_received(CHUNKED)
    reply = await opening
    reply.content_seen()
    seen = 0

    def sink(piece: bytes) -> None:
        nonlocal seen
        seen += len(piece)

    piping = asyncio.ensure_future(reply.pipe(sink))
    await turn()

    async def step() -> None:
        for _ in range(100):
            connection.data_received(b"4\r\nabcd\r\n")
        await turn()

    assert await grown(step, 300) < 20_000
    assert seen == 301 * 400
    piping.cancel()
    await asyncio.gather(piping, return_exceptions=True)
