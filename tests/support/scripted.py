"""A provider whose every byte a test decides, and a way to make a gateway call it."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from headgate.core.ports import Deadlines
from tests.support.inside import Inside, catalog

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]
NO_LINGER = struct.pack("ii", 1, 0)


@dataclass
class Scripted:
    """Every request to it is answered by `answer`; what came is kept."""

    answer: Answer
    port: int = 0
    heads: list[bytes] = field(default_factory=list[bytes])
    bodies: list[bytes] = field(default_factory=list[bytes])
    tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    def serves(self, running: Inside, deadlines: Deadlines | None = None) -> None:
        """From now on the gateway calls this provider for all its models."""
        running.gateway.catalog = catalog(self.port, deadlines or Deadlines())

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"content-length: (\d+)", head)
                body = await reader.readexactly(int(length[1])) if length else b""
                self.heads.append(head)
                self.bodies.append(body)
                await self.answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def scripted(answer: Answer) -> AsyncGenerator[Scripted]:
    here = Scripted(answer)

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
        await asyncio.sleep(0)  # closed transports say good-bye in the next turn


def break_off(writer: asyncio.StreamWriter, reset: bool) -> None:
    """Close after what was written, or tear the connection down."""
    if reset:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        writer.transport.abort()
    else:
        writer.close()


def head(kind: bytes = b"text/event-stream", *lines: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 200 OK", b"content-type: " + kind, *lines, b"", b""])


def chunked(events: Iterable[bytes]) -> bytes:
    """A whole streamed answer, each event a chunk of its own."""
    return head(b"text/event-stream", b"transfer-encoding: chunked") + b"".join(map(chunk, events)) + b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def sized(body: bytes, *lines: bytes) -> bytes:
    """A whole plain answer."""
    return head(b"application/json", b"content-length: %d" % len(body), *lines) + body
