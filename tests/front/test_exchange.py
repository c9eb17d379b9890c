"""One request and its answer, on a connection that only remembers what it was told."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from headgate.front import routes
from headgate.front.exchange import Exchange
from headgate.front.inbound import Body
from headgate.front.protocol import FrontProtocol


class FakeConnection:
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.transport = self
        self.sent: list[bytes] = []
        self.write_paused = False
        self.finished = 0
        self.aborted = False

    def send(self, data: bytes) -> None:
        self.sent.append(data)

    write = send

    def answered(self, exchange: Exchange) -> None:
        self.finished += 1

    def abort(self) -> None:
        self.aborted = True


def exchange(*headers: tuple[bytes, bytes], complete: bool = True) -> tuple[Exchange, FakeConnection]:
    loop = asyncio.get_running_loop()
    connection, body = FakeConnection(loop), Body(loop, 1_000, 0.0)
    if complete:
        body.end()
    return Exchange(cast(FrontProtocol, cast(Any, connection)), routes.ROUTES[0], list(headers), dict(headers), body), connection


async def test_headers_are_found_by_name_and_repetitions_are_known() -> None:
    one, _ = exchange((b"a", b"1"), (b"b", b"2"), (b"a", b"3"))
    assert one.header(b"a") == b"3" and one.header(b"c") is None
    assert one.repeats(b"a") and not one.repeats(b"b") and not one.repeats(b"c")


async def test_a_whole_answer_is_one_write_and_nothing_follows_it() -> None:
    one, connection = exchange()
    one.reply(200, [], b"hello")
    for again in (lambda: one.reply(500, [], b"x"), lambda: one.start(200, []), lambda: one.write(b"x"), one.end, one.abort):
        again()
    assert len(connection.sent) == 1 and connection.sent[0].endswith(b"\r\n\r\nhello")
    assert (connection.finished, connection.aborted, one.started) == (1, False, True)


async def test_a_stream_is_a_write_for_each_piece_and_ends_its_framing_once() -> None:
    one, connection = exchange()
    one.start(200, [])
    one.start(500, [])
    one.write(b"first")
    one.write(b"")
    one.write(b"x" * 17)
    one.end()
    one.end()
    assert connection.sent[1:] == [b"5\r\nfirst\r\n", b"11\r\n" + b"x" * 17 + b"\r\n", b"0\r\n\r\n"]
    assert connection.finished == 1


async def test_an_older_client_gets_its_stream_without_chunks() -> None:
    one, connection = exchange()
    one.chunked = False
    one.start(200, [])
    one.write(b"first")
    one.end()
    assert connection.sent[1:] == [b"first"]


async def test_a_body_that_was_not_read_to_its_end_closes_the_connection() -> None:
    one, connection = exchange(complete=False)
    one.reply(413, [], b"")
    assert not one.keep_alive and b"connection: close" in connection.sent[0]


async def test_continue_is_sent_when_the_body_is_asked_for_and_not_there() -> None:
    for complete, expected in ((False, [b"HTTP/1.1 100 Continue\r\n\r\n"]), (True, [])):
        one, connection = exchange((b"expect", b"100-continue"), complete=complete)
        reading = asyncio.ensure_future(one.body())
        await asyncio.sleep(0)
        assert connection.sent == expected
        one.received_all()
        assert await reading == b""


async def work(one: Exchange) -> asyncio.Task[None]:
    task = one.task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    return task


async def test_a_client_that_left_is_sent_nothing_and_its_work_is_cancelled() -> None:
    one, connection = exchange()
    task = await work(one)
    flows: list[bool] = []
    one.on_flow = flows.append
    one.start(200, [])
    connection.write_paused = True
    assert one.paused
    one.lost(0)
    await asyncio.wait([task])
    assert task.cancelled() and one.gone and flows == [False]
    assert not one.paused, "nobody reads too slowly any more"
    one.write(b"x")
    one.end()
    assert len(connection.sent) == 1 and connection.finished == 0


async def test_work_is_left_its_time_to_drain() -> None:
    one, _ = exchange()
    task = await work(one)
    one.lost(0.02)
    await asyncio.sleep(0)
    assert not task.cancelling()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_half_a_request_is_not_drained() -> None:
    one, _ = exchange(complete=False)
    task = await work(one)
    one.lost(60)
    await asyncio.wait([task], timeout=1)
    assert task.cancelled()


async def test_breaking_off_is_said_once_and_only_before_the_end() -> None:
    one, connection = exchange()
    one.start(200, [])
    one.abort()
    assert connection.aborted and one.response_complete
    one.write(b"x")
    assert len(connection.sent) == 1
