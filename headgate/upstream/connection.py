"""One socket to a provider: one request at a time, and the answer to it."""

from __future__ import annotations

import asyncio
import math
import socket
from time import monotonic
from typing import Protocol, cast

import httptools

from headgate.core.errors import UpstreamCut, UpstreamError, UpstreamGarbage, UpstreamReset, UpstreamTimeout
from headgate.core.ports import Deadlines, Headers
from headgate.upstream.decode import Decoder
from headgate.upstream.reply import HttpReply
from headgate.upstream.request import HttpCall
from headgate.upstream.watch import Watch

HEAD_LIMIT_BYTES = 64 * 1024
"""How long a head may be, and how much framing may come without any body."""
PIECE_BYTES = 256 * 1024
"""Longer request bodies are handed to the socket in pieces, so that encrypting one does not hold up everybody."""

FRAMING = frozenset({b"transfer-encoding", b"content-length", b"content-encoding"})
DECODED = frozenset({b"content-length", b"content-encoding"})
"""Headers that are no longer true of a decoded body."""


class Owner(Protocol):
    """Who keeps connections between requests."""

    def give_back(self, connection: Connection) -> None: ...
    def lost(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    __slots__ = (
        "_complete",
        "_deadlines",
        "_fault",
        "_gap_s",
        "_headers",
        "_headless",
        "_keep",
        "_loop",
        "_now",
        "_owner",
        "_parser",
        "_phase",
        "_pieces",
        "_quiet_bytes",
        "_remaining_s",
        "_reply",
        "_stopped",
        "_transport",
        "_unsent",
        "_until_close",
        "_waiter",
        "_watch",
        "_write_paused",
        "_written_at",
        "closed",
        "idle_since",
        "on_body",
        "phase_at",
        "total_at",
    )

    def __init__(self, loop: asyncio.AbstractEventLoop, watch: Watch, owner: Owner) -> None:
        self._loop = loop
        self._now = monotonic  # the loop's own clock, but not rounded to what uvloop has cached
        self._watch = watch
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self.closed = False
        """It can take no more requests."""
        self.idle_since = 0.0

        # The request.
        self._unsent: memoryview | None = None
        self._write_paused = False
        self._written_at = 0.0
        self._headless = False

        # The answer. Between requests it is complete, so that whatever arrives is too much.
        self._complete = True
        self._pieces: list[bytes] = []
        self.on_body = self._pieces.append
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._headers: Headers = []
        self._reply: HttpReply | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._fault: UpstreamError | None = None
        self._keep = False
        self._until_close = False
        self._quiet_bytes = 0
        self._stopped = False

        # Its deadlines.
        self._deadlines = Deadlines()
        self._phase = "first_byte"
        self._gap_s = 0.0
        self._remaining_s = 0.0
        self.phase_at = self.total_at = math.inf

    @property
    def usable(self) -> bool:
        return not self.closed and self._transport is not None and not self._transport.is_closing()

    async def exchange(self, call: HttpCall, head: bytes, started_at: float) -> HttpReply:
        """Send a request and wait for the head of its answer. Raises UpstreamReset, UpstreamTimeout, UpstreamGarbage."""
        transport = self._transport
        if transport is None or self.closed:
            raise UpstreamReset("The provider closed the connection before the request was sent.")
        waiter = self._begin(call, started_at)
        if len(call.body) <= PIECE_BYTES:
            transport.write(head + call.body)
        else:
            transport.write(head)
            self._unsent = memoryview(call.body)
            self._push()
        try:
            await waiter
        except asyncio.CancelledError:
            self.abort()
            raise
        if self._reply is not None:
            return self._reply
        raise self._fault or UpstreamReset("The provider closed the connection before it answered.")

    def _begin(self, call: HttpCall, started_at: float) -> asyncio.Future[None]:
        self._deadlines = call.deadlines
        self._complete = self._keep = self._until_close = False
        self._headless = call.method == b"HEAD"
        self._headers = []
        self._quiet_bytes = 0
        self._phase = "first_byte"
        self._gap_s = 0.0
        self._written_at = now = self._now()
        self.phase_at = now + call.deadlines.first_byte_ms / 1000
        self.total_at = started_at + call.deadlines.total_ms / 1000
        self._watch.add(self)
        waiter = self._waiter = self._loop.create_future()
        return waiter

    # The request goes out.

    def _push(self) -> None:
        """Hand the next piece of a long body to the socket."""
        if self._unsent is None or self._write_paused or self._transport is None or self.closed:
            return
        piece, rest = self._unsent[:PIECE_BYTES], self._unsent[PIECE_BYTES:]
        self._unsent = rest if rest else None
        self._transport.write(piece)
        self._written()
        if rest:
            self._loop.call_soon(self._push)

    def _written(self) -> None:
        # A long body may take its time as long as it moves; the provider's silence counts from its end.
        if self._reply is None:
            self._written_at = now = self._now()
            self.phase_at = now + self._deadlines.first_byte_ms / 1000

    def pause_writing(self) -> None:
        self._write_paused = True

    def resume_writing(self) -> None:
        self._write_paused = False
        self._written()
        self._push()

    # The answer comes in.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        # Tell us at once of whatever does not fit the socket's own buffer.
        self._transport.set_write_buffer_limits(high=1, low=0)
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        parser = self._parser
        if self._complete or parser is None:
            self.abort()
            return
        try:
            parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as cause:
            self._found(f"The provider's answer is not HTTP: {cause}.")
        pieces, reply = self._pieces, self._reply
        if pieces:
            body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
            pieces.clear()
            self._quiet_bytes = 0
            if self._gap_s and not self._stopped:
                self.phase_at = self._now() + self._gap_s
            if reply is not None:
                reply.feed(body)
        else:
            self._quiet_bytes += len(data)
            if self._quiet_bytes > HEAD_LIMIT_BYTES:
                self._found(f"The provider's answer has more than {HEAD_LIMIT_BYTES} bytes of head or framing in one go.")
        if self._waiter is not None and reply is not None and len(data) > HEAD_LIMIT_BYTES:
            self._measure(reply.headers)
        if self._complete or self._fault is not None:
            self._settle()
        elif self._waiter is not None and reply is not None:
            self._wake()

    def eof_received(self) -> None:
        self.closed = True
        if self._until_close and not self._complete:
            self._complete = True
            self._settle()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._keep = False
        if not self._complete:
            self._complete = True
            if self._fault is None and self._reply is not None:
                self._reply.fail(UpstreamCut("The provider's answer broke off: the connection ended."))
            self._wake()
        self._watch.remove(self)
        self._unsent = self._parser = None
        self._owner.lost(self)

    def _found(self, message: str) -> None:
        """What is wrong with the answer. Too much after its end is no fault of it, but of the connection."""
        if self._complete:
            self._keep = False
        elif self._fault is None:
            self._fault = UpstreamGarbage(message) if self._reply is None else UpstreamCut(message)

    def _measure(self, headers: Headers) -> None:
        if sum(len(name) + len(value) + 4 for name, value in headers) > HEAD_LIMIT_BYTES:
            self._reply, self._complete = None, False
            self._found(f"The head of the provider's answer is longer than {HEAD_LIMIT_BYTES} bytes.")

    def _settle(self) -> None:
        """Nothing more is to come, for better or worse."""
        self._complete = True
        self._watch.remove(self)
        if self._fault is not None:
            if self._reply is not None:
                self._reply.fail(self._fault)
            self.abort()
        elif self._reply is not None:
            self._reply.finish()
        self._wake()

    def _wake(self) -> None:
        waiter = self._waiter
        if waiter is not None:
            self._waiter = None
            if not waiter.done():
                waiter.set_result(None)

    # What the parser reads.

    def on_message_begin(self) -> None:
        if self._complete:
            raise ValueError("a second answer to one request")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        parser = self._parser
        if parser is None or self._reply is not None:
            return
        status = parser.get_status_code()
        if status < 200:
            if status < 100 or status == 101:
                raise ValueError(f"status {status}")
            self._headers.clear()
            return
        self._keep = parser.should_keep_alive()
        try:
            self._answer(status)
        except UpstreamGarbage as error:
            self._fault = error
            raise
        if self._headless:
            self._keep = False  # the parser does not know that no body follows
            self._complete = True
            raise ValueError("the answer to HEAD ends here")

    def _answer(self, status: int) -> None:
        headers, self._headers = self._headers, []  # trailers are not headers
        length = chunked = False
        encoding = b""
        for name, value in headers:
            if name in FRAMING:
                if name == b"content-length":
                    length = True
                elif name == b"content-encoding":
                    encoding = encoding + b"," + value if encoding else value
                elif chunked or value.strip().lower() != b"chunked":
                    raise UpstreamGarbage("The provider's answer has a transfer encoding other than chunked.")
                else:
                    chunked = True
        bodiless = self._headless or status in (204, 304)
        decoder = None
        if encoding and not bodiless and (name := encoding.strip().lower()) != b"identity":
            decoder = Decoder(name)
            headers = [header for header in headers if header[0] not in DECODED]
        self._until_close = not (length or chunked or bodiless)
        reply = self._reply = HttpReply(self, self._loop, status, headers, decoder)
        reply.written_at = self._written_at
        reply.head_at = self._now()
        self._phase = "first_content"
        self.phase_at = self._written_at + self._deadlines.first_content_ms / 1000

    def on_message_complete(self) -> None:
        if self._reply is not None:
            self._complete = True

    # What the answer's reader wants.

    def pause_reading(self) -> None:
        if self._transport is not None and not self._stopped and self.usable:
            self._stopped = True
            self._remaining_s = self.phase_at - self._now()
            self.phase_at = math.inf
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._transport is not None and self._stopped and self.usable:
            self._stopped = False
            self.phase_at = self._now() + self._remaining_s
            self._transport.resume_reading()

    def content_seen(self) -> None:
        if self._gap_s or self._complete:
            return
        self._phase = "between_chunks"
        self._gap_s = self._remaining_s = self._deadlines.between_chunks_ms / 1000
        if not self._stopped:
            self.phase_at = self._now() + self._gap_s

    def release(self) -> None:
        """The answer is no longer wanted: give the connection back if it can serve another request, else end it."""
        self._reply = None
        if not (self._complete and self._keep) or self._unsent is not None or self._write_paused:
            self.abort()
            return
        self.resume_reading()
        self._owner.give_back(self)

    def abort(self) -> None:
        """End the connection at once."""
        self.closed = True
        self._keep = False
        self._watch.remove(self)
        if self._transport is not None:
            self._transport.abort()

    def expire(self) -> None:
        """A deadline passed."""
        which = "total" if self.total_at <= self.phase_at else self._phase
        self._fault = UpstreamTimeout(which, getattr(self._deadlines, f"{which}_ms"))
        self._settle()
