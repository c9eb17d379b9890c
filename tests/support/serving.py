"""A real uvicorn server with our protocol class on a free port, and raw sockets to talk to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import uvicorn

from headgate.front import routes
from headgate.front.beside import Receive, Scope, Send, answer
from headgate.front.protocol import Door, Handler, Limits, protocol_for

TURNS = 20
"""Of the loop, in which connections that clients have closed are noticed."""


@dataclass
class Served:
    port: int
    server: uvicorn.Server

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def exchange(self, raw: bytes, timeout_s: float = 10.0) -> bytes:
        """Send bytes; everything that comes back until the server closes."""
        reader, writer = await self.connect()
        try:
            writer.write(raw)
            return await asyncio.wait_for(reader.read(), timeout_s)
        except ConnectionResetError:
            return b""
        finally:
            writer.close()


async def plain_app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI app beside the data plane: answers every path with its own name."""
    while (await receive()).get("more_body"):
        pass
    await answer(send, 200, b"asgi " + scope["path"].encode())


@asynccontextmanager
async def serving(handle: Handler, limits: Limits | None = None, grace_s: int = 5) -> AsyncGenerator[Served]:
    door = Door(handle, limits or Limits(), routes.Table())
    config = uvicorn.Config(
        plain_app,  # pyright: ignore[reportArgumentType]
        http=protocol_for(door),
        lifespan="off",
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=grace_s,
    )
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    ticking = asyncio.create_task(server.main_loop())
    try:
        yield Served(port, server)
    finally:
        ticking.cancel()
        await end(server, listener)
        if door.sweeping is not None:
            door.sweeping.cancel()


async def end(server: uvicorn.Server, listener: socket.socket) -> None:
    """Shut down as uvicorn does, but for its pauses of a tenth of a second where nobody is connected any more."""
    state = server.server_state
    for _ in range(TURNS):
        if not (state.connections or state.tasks):
            break
        await asyncio.sleep(0)
    if state.connections or state.tasks:
        await server.shutdown(sockets=[listener])
        return
    for each in server.servers:
        each.close()
        await each.wait_closed()
    listener.close()
