"""Scripted raw TCP servers in the role of a provider, a small CONNECT proxy, and short ways to call them."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from headgate.core.ports import Deadlines, Headers, Origin
from headgate.upstream.transport import HttpCall, HttpReply, PoolLimits, Transport

HELLO = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
LIMIT = 1 << 20


class Act(Enum):
    """What a scripted server does beside sending bytes."""

    REQUEST = auto()
    """Wait for one whole request."""
    STALL = auto()
    """Say nothing until the client goes."""
    TICK = auto()
    """Wait a moment, so that what was sent is read for itself."""
    FLOOD = auto()
    """Send chunks for ever, as fast as they are taken."""
    EOF = auto()
    """Half-close: no more bytes from here."""
    CLOSE = auto()
    RESET = auto()


Script = Sequence[bytes | Act]
ANSWER: Script = [Act.REQUEST, HELLO] * 50


@dataclass
class Upstream:
    """A server whose n-th connection follows the n-th script; those beyond the last follow the last."""

    scripts: Sequence[Script]
    port: int = 0
    connections: int = 0
    requests: list[bytes] = field(default_factory=list[bytes])
    flooded_bytes: int = 0
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    """A client has closed its connection."""
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def origin(self, scheme: str = "http", **more: str | bool | None) -> Origin:
        return Origin(scheme, "127.0.0.1", self.port, **{"allow_private": True, **more})  # pyright: ignore[reportArgumentType]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        script = self.scripts[min(self.connections, len(self.scripts) - 1)]
        self.connections += 1
        try:
            for action in [*script, Act.STALL]:
                await self._do(action, reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            self.gone.set()
        finally:
            writer.close()

    async def _do(self, action: bytes | Act, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        match action:
            case bytes():
                writer.write(action)
                await writer.drain()
            case Act.REQUEST:
                self.requests.append(await _request(reader))
            case Act.STALL:
                await reader.read()
                self.gone.set()
                raise ConnectionResetError
            case Act.TICK:
                await asyncio.sleep(0.02)
            case Act.FLOOD:
                while True:
                    writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
                    self.flooded_bytes += 0x4000
                    await writer.drain()
            case Act.EOF:
                writer.write_eof()
            case Act.CLOSE:
                writer.close()
                await writer.wait_closed()
            case Act.RESET:
                no_linger = struct.pack("ii", 1, 0)
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
                writer.transport.abort()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return head + (await reader.readexactly(int(length[1])) if length else b"")


@asynccontextmanager
async def upstream(*scripts: Script, tls: ssl.SSLContext | None = None) -> AsyncGenerator[Upstream]:
    """A scripted server on a free port."""
    here = Upstream(scripts or [ANSWER])

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(here.serve(reader, writer))
        here.tasks.add(task)
        task.add_done_callback(here.tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls, ssl_shutdown_timeout=0.5 if tls else None)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        for task in tuple(here.tasks):
            task.cancel()
        await asyncio.gather(*here.tasks, return_exceptions=True)
        await asyncio.sleep(0.01)


@dataclass
class ConnectProxy:
    """What a CONNECT proxy was asked for."""

    port: int = 0
    refuse: bytes | None = None
    heads: list[bytes] = field(default_factory=list[bytes])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            if self.refuse is not None:
                writer.write(self.refuse)
                return
            port = re.match(rb"CONNECT [^ ]+:(\d+) HTTP/1.1\r\n", head)
            assert port is not None
            # Every name is this machine, as if a public name had been resolved by the proxy.
            there, back = await asyncio.open_connection("127.0.0.1", int(port[1]))
            writer.write(b"HTTP/1.1 200 Connection established\r\nvia: test\r\n\r\n")
            try:
                await asyncio.gather(_copy(reader, back), _copy(there, writer))
            finally:
                back.close()
        finally:
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def connect_proxy(refuse: bytes | None = None) -> AsyncGenerator[ConnectProxy]:
    here = ConnectProxy(refuse=refuse)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(here.serve(reader, writer))
        here.tasks.add(task)
        task.add_done_callback(here.tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    try:
        yield here
    finally:
        server.close()
        for task in tuple(here.tasks):
            task.cancel()
        await asyncio.gather(*here.tasks, return_exceptions=True)
        await asyncio.sleep(0.01)


@asynccontextmanager
async def transport(**limits: int) -> AsyncGenerator[Transport]:
    """A transport that is closed afterwards."""
    here = Transport(PoolLimits(**limits))
    try:
        yield here
    finally:
        await here.close()


def post(origin: Origin, body: bytes = b"{}", headers: Headers | None = None, **deadlines_ms: int) -> HttpCall:
    return HttpCall(origin, b"POST", b"/v1/chat", headers or [], body, Deadlines(**deadlines_ms))


def get(origin: Origin, method: bytes = b"GET") -> HttpCall:
    return HttpCall(origin, method, b"/v1/models", [], b"", Deadlines())


async def fetch(here: Transport, call: HttpCall) -> tuple[int, bytes]:
    """Status and whole body of one call."""
    reply = await here.open(call)
    try:
        return reply.status, await reply.read(LIMIT)
    finally:
        reply.close()


async def piped(reply: HttpReply) -> list[bytes]:
    """The pieces a reply gave to its sink."""
    pieces: list[bytes] = []
    try:
        await reply.pipe(pieces.append)
    finally:
        reply.close()
    return pieces
