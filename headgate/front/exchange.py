"""One client request and its answer, as the pipeline sees it (`core.ports.Exchange`) and as the connection keeps it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from headgate.core.ports import Headers
from headgate.core.route import Route
from headgate.front import outbound
from headgate.front.inbound import Body

if TYPE_CHECKING:
    from headgate.front.protocol import FrontProtocol


class Exchange:
    """A request in, an answer out. All writes are immediate; nothing here waits but `body`."""

    __slots__ = (
        "_body",
        "_connection",
        "_continue",
        "chunked",
        "disconnected",
        "headers",
        "keep_alive",
        "names",
        "on_flow",
        "parameter",
        "query",
        "response_complete",
        "route",
        "started",
        "task",
    )

    def __init__(self, connection: FrontProtocol, route: Route, headers: Headers, names: dict[bytes, bytes], body: Body) -> None:
        self._connection = connection
        self._body = body
        self._continue = b"expect" in names
        self.route = route
        self.headers = headers
        self.names = names
        self.query = b""
        self.parameter = b""
        """The part of the path that the route leaves open, as it came."""
        self.keep_alive = True
        self.chunked = True
        """Whether the client understands chunked answers (HTTP/1.1)."""
        self.started = False
        self.response_complete = False
        self.disconnected = False
        self.on_flow: Callable[[bool], None] | None = None
        self.task: asyncio.Task[None] | None = None

    @property
    def gone(self) -> bool:
        return self.disconnected

    @property
    def paused(self) -> bool:
        return self._connection.write_paused and not self.disconnected

    def header(self, name: bytes) -> bytes | None:
        return self.names.get(name)

    def repeats(self, name: bytes) -> bool:
        return len(self.names) != len(self.headers) and sum(1 for header in self.headers if header[0] == name) > 1

    async def body(self) -> bytes:
        if self._continue and not self._body.complete and not self._body.failed:
            self._connection.send(outbound.CONTINUE)
        return await self._body.read(self.names.get(b"content-encoding"))

    def reply(self, status: int, headers: Headers, body: bytes) -> None:
        if self.response_complete or self.disconnected:
            return
        self._settle_keep_alive()
        self.started = True
        self._connection.send(outbound.whole(status, headers, body, not self.keep_alive))
        self._finish()

    def start(self, status: int, headers: Headers) -> None:
        if self.started or self.disconnected:
            return
        self._settle_keep_alive()
        self.started = True
        self._connection.send(outbound.head(status, headers, self.chunked, not self.keep_alive))

    def write(self, data: bytes) -> None:
        if self.disconnected or self.response_complete or not data:
            return
        self._connection.send(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    def end(self) -> None:
        if self.disconnected or self.response_complete:
            return
        if self.chunked:
            self._connection.send(outbound.LAST_CHUNK)
        self._finish()

    def abort(self) -> None:
        if not self.response_complete:
            self.response_complete = True
            self._connection.abort()

    # The connection's side

    def received(self, data: bytes) -> None:
        self._body.add(data)

    def received_all(self) -> None:
        self._body.end()

    @property
    def incoming(self) -> Body:
        return self._body

    def lost(self, drain_s: float) -> None:
        """The client is gone: stop the work for it, at once or after the time that the policy leaves it to end by itself."""
        self.disconnected = True
        if self.on_flow is not None:
            self.on_flow(False)  # nobody is slow any more
        if self.task is None or self.task.done():
            return
        if drain_s > 0 and self._body.complete:  # half a request will never be a whole one
            self._connection.loop.call_later(drain_s, self.task.cancel)
        else:
            self.task.cancel()

    def _settle_keep_alive(self) -> None:
        # A body that was not read to its end stands between this answer and the next request.
        if not self._body.complete:
            self.keep_alive = False

    def _finish(self) -> None:
        self.response_complete = True
        self._connection.answered(self)
