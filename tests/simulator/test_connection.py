from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest_asyncio

from headgate.simulator import Seen, Simulator, start
from tests.support.sim_client import CHAT, Answer, chat, messages, read_answer

BODY = msgspec.json.encode(CHAT)
HEAD = b"POST /v1/chat/completions HTTP/1.1\r\nhost: sim\r\nauthorization: Bearer sim-key\r\n"
REQUEST = HEAD + b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    running = await start()
    yield running
    await running.close()


async def send(simulator: Simulator, data: bytes, answers: int) -> list[Answer]:
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    writer.write(data)
    found = [await read_answer(reader) for _ in range(answers)]
    writer.close()
    return found


async def closed(seen: Seen) -> Seen:
    while seen.closed_ms is None:
        await asyncio.sleep(0.001)
    return seen


async def test_requests_on_one_connection_are_answered_in_order(simulator: Simulator) -> None:
    slow = HEAD + b"x-sim: latency_ms=20\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY)
    one, two, three = await send(simulator, slow + REQUEST + REQUEST, 3)
    assert one.json["id"] < two.json["id"] < three.json["id"]
    assert [seen.status for seen in simulator.requests] == [200, 200, 200]


async def test_thousands_of_requests_may_be_sent_ahead(simulator: Simulator) -> None:
    answers = await send(simulator, REQUEST * 3_000, 3_000)
    assert len({answer.json["id"] for answer in answers}) == 3_000
    assert simulator.seen.total == 3_000


async def test_a_request_may_come_byte_by_byte(simulator: Simulator) -> None:
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    for byte in REQUEST:
        writer.write(bytes((byte,)))
        await asyncio.sleep(0)
    assert (await read_answer(reader)).status == 200
    writer.close()


async def test_a_chunked_request_is_put_together(simulator: Simulator) -> None:
    chunked = b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"
    await send(simulator, HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunked, 1)
    assert simulator.requests[0].body == BODY


async def test_a_client_that_asks_first_is_told_to_go_on(simulator: Simulator) -> None:
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    writer.write(HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY))
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(BODY)
    assert (await read_answer(reader)).status == 200
    writer.close()


async def test_what_is_not_http_is_refused(simulator: Simulator) -> None:
    [answer] = await send(simulator, b"\x16\x03\x01 nonsense\r\n\r\n", 1)
    assert answer.status == 400


async def test_a_connection_that_shall_close_is_closed(simulator: Simulator) -> None:
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    writer.write(HEAD + b"connection: close\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY))
    assert (await read_answer(reader)).ended == "length"
    assert await reader.read() == b""
    writer.close()


async def test_each_event_is_a_chunk(simulator: Simulator) -> None:
    answer = await chat(simulator, "tokens=4", stream=True)
    assert answer.ended == "chunked"
    assert len(answer.writes) == 1 + 4 + 1 + 1
    assert answer.data[-1] == "[DONE]"


async def test_a_cut_ends_the_connection_and_a_reset_breaks_it(simulator: Simulator) -> None:
    assert (await chat(simulator, "cut=2", stream=True)).ended == "closed"
    assert len((await chat(simulator, "cut=2", stream=True)).data) == 2
    assert (await chat(simulator, "reset", stream=True)).ended == "reset"
    assert (await chat(simulator, "cut_byte=10")).ended == "closed"


async def test_a_short_length_leaves_bytes_over(simulator: Simulator) -> None:
    assert (await chat(simulator, "length=long")).ended == "closed"
    assert (await chat(simulator, "length=short")).ended == "length"


async def test_the_message_stream_runs_to_its_end(simulator: Simulator) -> None:
    answer = await messages(simulator, "chunk=7;tokens=9;crlf", stream=True)
    assert answer.data[-1] == {"type": "message_stop"}


async def test_a_peer_that_leaves_is_noted(simulator: Simulator) -> None:
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    writer.write(HEAD + b"x-sim: stall=accept\r\ncontent-length: %d\r\n\r\n%b" % (len(BODY), BODY))
    while not simulator.requests:
        await asyncio.sleep(0.001)
    writer.close()
    seen = await closed(simulator.requests[0])
    assert (seen.closed_by, seen.answered_ms) == ("peer", None)
    assert seen.closed_early_ms is not None
    assert seen.closed_early_ms >= 0
    assert await reader.read() == b""
    assert simulator.open_connections == 0


async def test_an_answered_request_was_not_left_early(simulator: Simulator) -> None:
    await chat(simulator)
    [seen] = simulator.requests
    assert seen.answered_ms is not None
    assert (seen.closed_by, seen.closed_early_ms) == (None, None)


async def test_a_slow_reader_stops_the_stream(simulator: Simulator) -> None:
    body = msgspec.json.encode({**CHAT, "stream": True})
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port, limit=1024)
    writer.write(HEAD + b"x-sim: tokens=1000000;batch=50\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body))
    await reader.readuntil(b"\r\n\r\n")
    before = -1
    while before != simulator.requests[0].sent_bytes:  # until nothing more goes out
        before = simulator.requests[0].sent_bytes
        await asyncio.sleep(0.05)
    assert before < 50_000_000
    for _ in range(200):
        await reader.readexactly(65_536)
    assert simulator.requests[0].sent_bytes > before
    writer.close()
