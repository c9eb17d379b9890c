"""The front as clients and attackers meet it: raw bytes over real sockets."""

from __future__ import annotations

import asyncio
import gzip
import re

import pytest

from headgate.core.errors import HeadgateError
from headgate.front.exchange import Exchange
from headgate.front.protocol import Limits
from tests.front.attacks import ATTACKS, PATH
from tests.support.serving import serving

TYPE = [(b"content-type", b"text/plain")]


class Handler:
    """Answers with the body it read, or with the error it met; remembers what it was given."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.left: list[str] = []
        self.hold: asyncio.Event | None = None

    async def __call__(self, exchange: Exchange) -> None:
        try:
            body = await exchange.body()
        except HeadgateError as error:
            status, headers, text = exchange.route.codec.write_error(error, "req_test")
            exchange.reply(status, headers, text)
            return
        except asyncio.CancelledError:
            self.left.append("before the body was read")
            raise
        self.bodies.append(body)
        try:
            if self.hold is not None:
                await self.hold.wait()
        except asyncio.CancelledError:
            self.left.append("while it was answered")
            raise
        exchange.reply(200, TYPE, b"%s %s %d" % (exchange.route.name.encode(), body[:40], len(body)))


def request(body: bytes = b"{}", *lines: bytes, path: bytes = PATH) -> bytes:
    head = [b"POST " + path + b" HTTP/1.1", b"Host: gateway", b"Content-Length: %d" % len(body), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


LAST = b"Connection: close"
CHUNKED = b"POST " + PATH + b" HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3})", answer)]


def test_the_table_of_attacks_is_long_enough() -> None:
    assert len(ATTACKS) >= 60 and len({attack.name for attack in ATTACKS}) == len(ATTACKS)


EXPECTED = {attack.name: [attack.status] for attack in ATTACKS}


async def test_an_ambiguous_request_is_refused_and_the_connection_closed() -> None:
    handler = Handler()
    async with serving(handler) as served:
        answers = {attack.name: await served.exchange(attack.raw) for attack in ATTACKS}
    assert {name: statuses(answer) for name, answer in answers.items()} == EXPECTED
    assert [name for name, answer in answers.items() if b"connection: close" not in answer] == []
    assert handler.bodies == []


async def test_nothing_behind_a_refused_request_is_served() -> None:
    handler = Handler()
    async with serving(handler) as served:
        answers = {attack.name: await served.exchange(request(b'"before"') + attack.raw + request(b'"smuggled"')) for attack in ATTACKS}
    assert {name: statuses(answer) for name, answer in answers.items()} == {name: [200, *status] for name, status in EXPECTED.items()}
    assert set(handler.bodies) == {b'"before"'}


async def test_an_attack_fed_byte_by_byte_is_refused_like_one_in_a_piece() -> None:
    handler = Handler()
    async with serving(handler) as served:
        for attack in ATTACKS:
            if len(attack.raw) > 400:
                continue
            reader, writer = await served.connect()
            for place in range(len(attack.raw)):
                writer.write(attack.raw[place : place + 1])
                await asyncio.sleep(0)
            assert statuses(await reader.read()) == [attack.status], attack.name
            writer.close()
    assert handler.bodies == []


async def test_requests_on_one_connection_are_answered_in_their_order() -> None:
    handler = Handler()
    raw = request(b'"a"') + b"GET /hello HTTP/1.1\r\nHost: gateway\r\n\r\n" + request(b'"b"') + request(b'"c"', LAST)
    async with serving(handler) as served:
        answer = await served.exchange(raw)
    assert re.findall(rb'"a" 3|asgi /hello|"b" 3|"c" 3', answer) == [b'"a" 3', b"asgi /hello", b'"b" 3', b'"c" 3']


async def test_a_chunked_body_is_read_like_a_plain_one() -> None:
    handler = Handler()
    raw = CHUNKED + b'3\r\n{"a\r\n5;x=y\r\n": 1}\r\n0\r\nx-trailer: z\r\n\r\n'
    async with serving(handler) as served:
        assert statuses(await served.exchange(raw)) == [200]
    assert handler.bodies == [b'{"a": 1}']


async def test_a_trailer_cannot_add_a_header() -> None:
    seen: list[bytes | None] = []

    async def handle(exchange: Exchange) -> None:
        await exchange.body()
        seen.append(exchange.header(b"authorization"))
        exchange.reply(200, TYPE, b"")

    raw = CHUNKED + b"2\r\n{}\r\n0\r\nAuthorization: Bearer x\r\n\r\n"
    async with serving(handle) as served:
        await served.exchange(raw)
    assert seen == [None]


async def test_continue_is_sent_only_when_the_body_is_wanted() -> None:
    handler = Handler()
    async with serving(handler) as served:
        reader, writer = await served.connect()
        writer.write(b"POST " + PATH + b" HTTP/1.1\r\nHost: g\r\nContent-Length: 2\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"{}")
        assert statuses(await reader.read()) == [200]
        writer.close()
        too_long = b"POST " + PATH + b" HTTP/1.1\r\nHost: g\r\nContent-Length: 99999999999\r\nExpect: 100-continue\r\n\r\n"
        assert statuses(await served.exchange(too_long)) == [413]


async def test_a_gzip_body_is_decoded_within_the_limit() -> None:
    handler = Handler()
    limits = Limits(body_bytes=10_000)
    async with serving(handler, limits) as served:
        good = gzip.compress(b'{"a": ') + gzip.compress(b"1}")
        assert statuses(await served.exchange(request(good, b"Content-Encoding: gzip", LAST))) == [200]
        bomb = gzip.compress(bytes(10_000_000))
        assert len(bomb) < 10_000
        answer = await served.exchange(request(bomb, b"Content-Encoding: gzip", LAST))
        assert statuses(answer) == [413] and b"10000 bytes" in answer and b"server.body_limit_bytes" in answer
        for broken in (b"not gzip", good[:-9]):
            assert statuses(await served.exchange(request(broken, b"Content-Encoding: gzip", LAST))) == [400]
        assert statuses(await served.exchange(request(b"x", b"Content-Encoding: lzma", LAST))) == [400]
    assert handler.bodies == [b'{"a": 1}']


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_over_the_limit_is_refused_while_it_is_still_coming(chunked: bool) -> None:
    handler = Handler()
    async with serving(handler, Limits(body_bytes=100_000)) as served:
        reader, writer = await served.connect()
        framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: 5000000"
        writer.write(b"POST " + PATH + b" HTTP/1.1\r\nHost: g\r\n" + framing + b"\r\n\r\n")
        piece = b"x" * 50_000
        for _ in range(3):
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
        answer = await reader.read()
        writer.close()
    assert statuses(answer) == [413] and b"100000 bytes" in answer
    assert handler.bodies == []


async def test_chunks_that_are_nearly_all_extension_are_refused() -> None:
    handler = Handler()
    async with serving(handler) as served:
        reader, writer = await served.connect()
        writer.write(b"POST " + PATH + b" HTTP/1.1\r\nHost: g\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(100):
            writer.write(b"1;" + b"e" * 1_000 + b"\r\n{\r\n")
        assert statuses(await reader.read()) == [413]
        writer.close()
    assert handler.bodies == []


async def test_slow_heads_slow_bodies_and_idle_connections_time_out() -> None:
    handler = Handler()
    limits = Limits(header_timeout_s=0.2, body_timeout_s=0.2, idle_timeout_s=0.4)
    async with serving(handler, limits) as served:
        head = served.exchange(b"POST " + PATH + b" HTTP/1.1\r\nHost: g\r\nX")
        body = served.exchange(b"POST " + PATH + b" HTTP/1.1\r\nHost: g\r\nContent-Length: 10\r\n\r\n{")
        idle = served.exchange(b"")
        used = served.exchange(request())
        answers = await asyncio.gather(head, body, idle, used)
    assert [statuses(answer) for answer in answers] == [[408], [408], [], [200]]


async def test_a_client_that_leaves_cancels_its_request() -> None:
    handler = Handler()
    handler.hold = asyncio.Event()
    async with serving(handler) as served:
        _, writer = await served.connect()
        writer.write(request())
        while not handler.bodies:
            await asyncio.sleep(0.01)
        writer.close()
        while not handler.left:
            await asyncio.sleep(0.01)
    assert handler.left == ["while it was answered"]


async def test_work_goes_on_for_the_drain_time_after_the_client_left() -> None:
    handler = Handler()
    handler.hold = asyncio.Event()
    async with serving(handler, Limits(drain_s=30)) as served:
        _, writer = await served.connect()
        writer.write(request())
        while not handler.bodies:
            await asyncio.sleep(0.01)
        task = next(iter(served.server.server_state.tasks))
        writer.close()
        while served.server.server_state.connections:
            await asyncio.sleep(0.01)
        handler.hold.set()
        await task
    assert handler.left == []


async def test_a_reader_that_stops_is_noticed_and_one_that_never_reads_is_dropped() -> None:
    flows: list[bool] = []
    ended = asyncio.Event()

    async def handle(exchange: Exchange) -> None:
        await exchange.body()
        exchange.on_flow = flows.append
        exchange.start(200, TYPE)
        try:
            while True:
                if not exchange.paused:
                    exchange.write(b"x" * 65_536)
                await asyncio.sleep(0.001)
        except asyncio.CancelledError:
            ended.set()
            raise

    async with serving(handle, Limits(write_timeout_s=0.5)) as served:
        _, writer = await served.connect()
        writer.write(request())
        await asyncio.wait_for(ended.wait(), 10)
        writer.close()
    assert flows[0] is True


async def test_a_stream_is_chunked_for_http_1_1_and_ended_by_the_close_for_http_1_0() -> None:
    async def handle(exchange: Exchange) -> None:
        await exchange.body()
        exchange.start(200, TYPE)
        exchange.write(b"one")
        exchange.write(b"two")
        exchange.end()

    async with serving(handle) as served:
        new = await served.exchange(request(b"{}", LAST))
        old = await served.exchange(b"POST " + PATH + b" HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}")
    assert new.endswith(b"\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n") and b"transfer-encoding: chunked" in new
    assert old.endswith(b"\r\n\r\nonetwo") and b"transfer-encoding" not in old


async def test_an_upgrade_is_ignored_and_the_request_served() -> None:
    handler = Handler()
    lines = (b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk")
    async with serving(handler) as served:
        reader, writer = await served.connect()
        writer.write(request(b'{"a": 1}', *lines))
        assert await reader.readuntil(b'{"a": 1} 8')
        writer.close()
    assert handler.bodies == [b'{"a": 1}']


@pytest.mark.parametrize(
    ("start", "status", "says"),
    [
        (b"POST /v1/chat/completions/ HTTP/1.1", 404, b"unknown_route"),
        (b"POST //v1/chat/completions HTTP/1.1", 200, b"asgi"),
        (b"POST /v1/chat%2Fcompletions HTTP/1.1", 404, b"unknown_route"),
        (b"POST /V1/chat/completions HTTP/1.1", 200, b"asgi"),
        (b"POST /v1/../v1/chat/completions HTTP/1.1", 404, b"unknown_route"),
        (b"GET /v1/chat/completions HTTP/1.1", 405, b"takes POST, not GET"),
        (b"DELETE /v1/models HTTP/1.1", 405, b"takes GET, not DELETE"),
        (b"GET /v1/nothing HTTP/1.1", 404, b"unknown_route"),
    ],
)
async def test_only_the_exact_path_and_method_is_a_route(start: bytes, status: int, says: bytes) -> None:
    handler = Handler()
    async with serving(handler) as served:
        answer = await served.exchange(start + b"\r\nHost: g\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
    assert statuses(answer) == [status] and says in answer
    assert handler.bodies == []


async def test_a_wrong_method_is_told_the_right_ones_and_head_gets_no_body() -> None:
    async with serving(Handler()) as served:
        put = await served.exchange(b"PUT /v1/models HTTP/1.1\r\nHost: g\r\n\r\n")
        head = await served.exchange(b"HEAD /v1/messages HTTP/1.1\r\nHost: g\r\n\r\n")
    assert statuses(put) == [405] and b"\r\nallow: GET\r\n" in put
    assert statuses(head) == [405] and b"\r\nallow: POST\r\n" in head and head.endswith(b"\r\n\r\n")


async def test_running_requests_end_in_the_grace_period_and_new_ones_are_not_taken() -> None:
    handler = Handler()
    handler.hold = asyncio.Event()
    async with serving(handler) as served:
        reader, writer = await served.connect()
        idle_reader, idle_writer = await served.connect()
        writer.write(request())
        while not handler.bodies:
            await asyncio.sleep(0.01)
        served.server.should_exit = True
        asyncio.get_running_loop().call_later(0.3, handler.hold.set)
        port = served.port
    assert statuses(await reader.read()) == [200]
    assert await idle_reader.read() == b""
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
    writer.close()
    idle_writer.close()
