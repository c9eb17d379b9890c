"""The uvicorn protocol class: it answers the inference routes itself and leaves every other request to uvicorn's own ASGI path.

What uvicorn keeps doing: sockets, TLS, signals, drain, and ASGI. What is ours: routing by raw path, strict framing, bodies with
limits, deadlines on head, body and idleness, answers in the order of the requests, and telling the pipeline when the client
is slow or gone. Both kinds of request share one queue per connection, so pipelining works across them.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, cast

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from headgate.core.errors import BadRequest, HeadgateError, MethodNotAllowed, RouteNotFound
from headgate.core.ports import Codec, Headers
from headgate.front import framing, outbound, routes
from headgate.front.exchange import Exchange
from headgate.front.inbound import Body, too_large

SWEEP_S = 0.25
LINGER_S = 2.0
NO_REQUEST_ID = "-"
PEER_CLOSED: int = getattr(select, "POLLRDHUP", select.POLLHUP)
"""The half of a connection that the client writes has ended, whatever of it is still to be read. Not every system can tell."""

Handler = Callable[[Exchange], Coroutine[Any, Any, None]]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one client connection may do. Times in seconds, sizes in bytes."""

    body_bytes: int = 33_554_432
    header_timeout_s: float = 10.0
    body_timeout_s: float = 60.0
    idle_timeout_s: float = 75.0
    write_timeout_s: float = 60.0
    """How long a client may refuse to read before it is taken for gone."""
    drain_s: float = 0.0
    """How long work goes on after its client has left, so that the provider can still say what it used."""


@dataclass(slots=True)
class Door:
    """What all connections of a server share."""

    handle: Handler
    limits: Limits
    table: routes.Table
    sweeping: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that is answered without a handler, in its turn."""

    status: int
    headers: Headers
    body: bytes


def protocol_for(door: Door) -> type[FrontProtocol]:
    """The class to give to uvicorn as `http=`."""
    return type("HeadgateProtocol", (FrontProtocol,), {"door": door})


class FrontProtocol(HttpToolsProtocol):
    """One client connection."""

    door: Door
    cycle: Any
    """The request that is being answered: an Exchange, or uvicorn's own; None before the first."""
    send: Callable[[bytes], None]
    """The socket's own `write`: a chunk of a stream passes no function of ours that only hands it on."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.parser = httptools.HttpRequestParser(self)
        self.write_paused = False
        self.write_paused_at = 0.0
        self.refused = False
        """Nothing more is read from this connection."""
        self.in_head = False
        self.in_body = False
        self.head_bytes = 0
        self.read_bytes = 0
        self.quiet_since = self.loop.time()
        """When the head now being read began, or when the connection last fell idle."""
        self.names: dict[bytes, bytes] = {}
        self.path_end = 0
        self.reading: Exchange | None = None
        """The exchange whose body is coming in."""
        self.asgi = False
        self.upgrading = False

    # Connection

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.send = transport.write
        door = self.door
        if door.sweeping is None:
            door.sweeping = self.loop.call_later(SWEEP_S, sweep, door, self.server_state, self.loop)

    def connection_lost(self, exc: Exception | None) -> None:
        for exchange in (self.cycle, self.reading):
            if isinstance(exchange, Exchange) and not exchange.response_complete and not exchange.disconnected:
                exchange.lost(self.door.limits.drain_s)
        if isinstance(self.cycle, Exchange):
            self.cycle = None
        self.reading = None
        self.pipeline.clear()
        self.refused = True
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        reading = self.reading
        if reading is not None:
            reading.incoming.wire_size += len(data)
        elif not self.in_body:
            if not self.in_head:
                self._unset_keepalive_if_required()
                self.in_head = True
                self.head_bytes = 0
                self.quiet_since = self.loop.time()
            self.head_bytes += len(data)
        self.read_bytes = len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._read_on_without_upgrade(data[cast(int, upgrade.args[0]) :])
        except httptools.HttpParserError:
            self._refuse(400, "The request is not valid HTTP/1.1.")
        else:
            if self.in_head and self.head_bytes > framing.HEAD_LIMIT_BYTES:
                self._refuse(*framing.TOO_LARGE)
            elif self.reading is not None and (error := self.reading.incoming.wire_flaw()):
                self._give_up_body(error)

    # Parser callbacks

    def on_message_begin(self) -> None:
        self.url = b""
        self.headers = []
        self.expect_100_continue = False
        if not self.in_head:  # the next of several requests that came in one read
            self.in_head = True
            self.head_bytes = 0
            self.quiet_since = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.in_head:  # otherwise a trailer: it may not change what was decided from the head
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        if self.refused:
            return
        self.in_head = False
        self.in_body = True
        version = self.parser.get_http_version()
        self.names = names = dict(self.headers)
        flaw = framing.flaw(version, self.url, self.headers, names)
        if flaw is None and self.head_bytes + self.read_bytes > framing.HEAD_LIMIT_BYTES:
            flaw = framing.size_flaw(self.url, self.headers)
        if flaw is not None:
            self._refuse(*flaw)
            return
        if self.parser.should_upgrade():
            self.upgrading = True
            return
        path, mark, query = self.url.partition(b"?")
        found = self.door.table.find(path)
        if found is None:
            if path.startswith(routes.INFERENCE_PREFIXES):
                self._answer_in_turn(routes.dialect(names), RouteNotFound(f"There is no {path.decode()} here."))
            else:
                self._pass_to_asgi()
            return
        method = self.parser.get_method().decode()
        route = found.routes[0]
        if len(found.routes) > 1 or route.method != method:
            chosen = routes.choose(found.routes, method, names)
            if chosen is None:
                allowed = ", ".join(sorted({route.method for route in found.routes}))
                error = MethodNotAllowed(f"{path.decode()} takes {allowed}, not {method}.")
                self._answer_in_turn(routes.dialect(names), error, [(b"allow", allowed.encode())])
                return
            route = chosen
        exchange = self._begin(route, version == "1.1")
        exchange.parameter = found.parameter
        exchange.query = mark + query
        self._in_turn(exchange)

    def _begin(self, route: routes.Route, speaks_1_1: bool) -> Exchange:
        limits = self.door.limits
        exchange = Exchange(self, route, self.headers, self.names, Body(self.loop, limits.body_bytes, self.quiet_since))
        exchange.chunked = speaks_1_1
        exchange.keep_alive = speaks_1_1 and self.parser.should_keep_alive()
        self.asgi = False
        self.reading = exchange
        length = self.names.get(b"content-length")
        if length is not None and int(length) > limits.body_bytes:
            exchange.incoming.fail(too_large(limits.body_bytes))
        return exchange

    def on_body(self, body: bytes) -> None:
        if self.reading is not None:
            self.reading.received(body)
        elif self.asgi:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self.in_body = False
        if self.reading is not None:
            self.reading.received_all()
            self.reading = None
        elif self.asgi and not self.upgrading:
            super().on_message_complete()

    # Turns

    def _in_turn(self, exchange: Exchange | Refusal) -> None:
        """Start it now if nothing is before it on this connection; otherwise after what is."""
        current = self.cycle
        if current is None or current.response_complete:
            self._start(exchange)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cast(Any, exchange), cast(Any, None)))  # no app: we answer it ourselves

    def _start_asgi_task(self, cycle: Any, app: Any) -> None:
        # uvicorn calls this for the next in its queue; ours stand in the same one.
        if isinstance(cycle, (Exchange, Refusal)):
            self._start(cycle)
        else:
            self.cycle = cycle
            super()._start_asgi_task(cycle, app)

    def _start(self, item: Exchange | Refusal) -> None:
        if isinstance(item, Refusal):
            self.refused = True
            self.transport.write(outbound.whole(item.status, item.headers, item.body, True))
            self._close(linger=True)
            return
        self.cycle = item
        task = self.loop.create_task(self.door.handle(item))
        item.task = task
        tasks = self.tasks
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def answered(self, exchange: Exchange) -> None:
        """The exchange has been answered whole: on to the next, or to the end."""
        self.quiet_since = self.loop.time()
        if exchange.keep_alive and (self.pipeline or not self.refused):
            if self.pipeline or self.flow.read_paused:
                self.on_response_complete()
            else:
                self.server_state.total_requests += 1
        else:
            self.refused = True
            self._close(linger=not exchange.incoming.complete)

    def _answer_in_turn(self, codec: Codec, error: HeadgateError, more: Headers | None = None) -> None:
        # Whatever follows on this connection is not read: the body of a request to nowhere is not worth skipping.
        self.refused = True
        status, headers, body = codec.write_error(error, NO_REQUEST_ID)
        self._in_turn(Refusal(status, headers + (more or []), b"" if self.parser.get_method() == b"HEAD" else body))

    def _pass_to_asgi(self) -> None:
        headers, url, expects = self.headers, self.url, b"expect" in self.names
        super().on_message_begin()
        self.headers.extend(headers)
        self.url = url
        self.expect_100_continue = expects
        self.asgi = True
        self.reading = None
        super().on_headers_complete()

    # Refusals of the connection

    def _refuse(self, status: int, sentence: str) -> None:
        """Answer what cannot be read as a request, and read nothing more."""
        if self.refused:
            return
        if self.reading is not None:
            self._give_up_body(BadRequest(sentence))
            return
        self.refused = True
        if self.asgi and self.cycle is not None and not self.cycle.response_complete:
            self.transport.close()
            return
        _, headers, body = routes.dialect(self.names).write_error(BadRequest(sentence), NO_REQUEST_ID)
        self._in_turn(Refusal(status, headers, body))

    def _give_up_body(self, error: HeadgateError) -> None:
        reading = self.reading
        self.refused = True
        self.reading = None
        if reading is not None:
            reading.keep_alive = False
            reading.incoming.fail(error)

    def _read_on_without_upgrade(self, rest: bytes) -> None:
        """Take the request as if it had not asked for another protocol, which is what RFC 9110 lets a server do."""
        self.upgrading = False
        if self.parser.get_method() == b"CONNECT":
            self._refuse(405, "This is not a proxy.")
            return
        lines = [self.parser.get_method(), b" ", self.url, b" HTTP/1.1\r\n"]
        for name, value in self.headers:
            if name not in (b"upgrade", b"connection", b"http2-settings"):
                lines += (name, b": ", value, b"\r\n")
        self.parser = httptools.HttpRequestParser(self)
        self.in_body = False
        self.data_received(b"".join((*lines, b"\r\n", rest)))

    # Writing and closing

    def pause_writing(self) -> None:
        super().pause_writing()
        self.write_paused = True
        self.write_paused_at = self.loop.time()
        if isinstance(self.cycle, Exchange) and self.cycle.on_flow is not None:
            self.cycle.on_flow(True)

    def resume_writing(self) -> None:
        super().resume_writing()
        self.write_paused = False
        if isinstance(self.cycle, Exchange) and self.cycle.on_flow is not None:
            self.cycle.on_flow(False)

    def abort(self) -> None:
        self.refused = True
        self.transport.abort()

    def _close(self, linger: bool) -> None:
        """Close after the answer. A client that is still sending would be reset, and the answer lost before it is read: with `linger`
        our half is closed, and what still comes is thrown away until the client closes too or the sweep ends it."""
        if linger and self.transport.can_write_eof():
            self.quiet_since = self.loop.time()
            self.transport.write_eof()
        else:
            self.transport.close()

    def check(self, now: float) -> None:
        """Enforce the deadlines of this connection."""
        limits = self.door.limits
        stuck = self.write_paused and now - self.write_paused_at > limits.write_timeout_s
        if stuck or (self.flow.read_paused and has_left(self.transport)):
            self.abort()
        elif self.refused:
            if self._idle and now - self.quiet_since > LINGER_S:
                self.transport.close()
        elif self.reading is not None:
            if error := self.reading.incoming.flaw(now, limits.body_timeout_s):
                self._give_up_body(error)
        elif self.in_head:
            if now - self.quiet_since > limits.header_timeout_s:
                self._refuse(408, "The request head did not arrive in time.")
        elif not self.asgi and self._idle and now - self.quiet_since > limits.idle_timeout_s:
            self.transport.close()

    @property
    def _idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete


def has_left(transport: asyncio.Transport) -> bool:
    """Whether the client has closed its side: asked where nothing is read because requests wait, so that nothing else would tell."""
    ended = select.poll()
    ended.register(transport.get_extra_info("socket").fileno(), PEER_CLOSED)
    return bool(ended.poll(0))


def sweep(door: Door, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
    """One timer for all connections: a timer for each request would cost more than the request's own parsing."""
    now = loop.time()
    for connection in cast(tuple[object, ...], tuple(state.connections)):
        if isinstance(connection, FrontProtocol):
            connection.check(now)
    door.sweeping = loop.call_later(SWEEP_S, sweep, door, state, loop) if state.connections else None
