"""A provider's answer: its head, and its body read whole or pushed to a sink as it arrives."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol

from headgate.core.errors import UpstreamCut, UpstreamError, UpstreamGarbage
from headgate.core.ports import Headers
from headgate.upstream.decode import Decoder

HIGH_WATER_BYTES = 256 * 1024
"""How much of a body waits here before the socket is no longer read."""
PIECES_PER_TURN = 16
"""How many decoded pieces are given out before other connections have their turn."""


class Wire(Protocol):
    """What an answer needs of the connection it comes from."""

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def content_seen(self) -> None: ...
    def release(self) -> None: ...
    def abort(self) -> None: ...


class HttpReply:
    """One answer. Read it or pipe it, once; then close it."""

    __slots__ = (
        "_buffer",
        "_buffered",
        "_closed",
        "_decoder",
        "_ended",
        "_error",
        "_loop",
        "_paused",
        "_sink",
        "_stopped",
        "_waiter",
        "_wire",
        "head_at",
        "headers",
        "status",
        "written_at",
    )

    def __init__(self, wire: Wire, loop: asyncio.AbstractEventLoop, status: int, headers: Headers, decoder: Decoder | None) -> None:
        self.status = status
        self.headers = headers
        """Lower-case names."""
        self.written_at = 0.0
        """`time.monotonic()` when the request was fully handed to the socket."""
        self.head_at = 0.0
        """`time.monotonic()` when the head of the answer was read."""
        self._wire = wire
        self._loop = loop
        self._decoder = decoder
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._sink: Callable[[bytes], None] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._error: Exception | None = None
        self._ended = False
        self._paused = False
        self._stopped = False
        self._closed = False

    # For the caller.

    async def read(self, limit_bytes: int) -> bytes:
        """The whole decoded body. Raises UpstreamGarbage where it is longer than the limit or not what its encoding says."""
        if self._ended and self._decoder is None and self._error is None:
            body = self._take()
            if len(body) > limit_bytes:
                raise _too_long(limit_bytes)
            return body
        whole = _Whole(self, limit_bytes)
        await self.pipe(whole.add)
        return b"".join(whole.pieces)

    async def pipe(self, sink: Callable[[bytes], None]) -> None:
        """Call `sink` with every decoded piece as it arrives, until the clean end of the body.

        Raises UpstreamCut where it breaks off, UpstreamTimeout, and whatever the sink raises (which ends the connection).
        """
        self._sink = sink
        self._drain()
        try:
            if not self._over():
                self._waiter = self._loop.create_future()
                await self._waiter
        except asyncio.CancelledError:
            self._wire.abort()
            raise
        finally:
            self._sink = self._waiter = None
        if self._error is not None:
            raise self._error

    def pause(self) -> None:
        """Stop reading: the client is slow. The time until `resume` does not count as silence of the provider."""
        self._paused = True
        self._flow()

    def resume(self) -> None:
        self._paused = False
        if self._backlog():
            self._loop.call_soon(self._drain)
        self._flow()

    def content_seen(self) -> None:
        """From now the deadline between chunks counts instead of the one for the first content."""
        if not self._ended:
            self._wire.content_seen()

    def close(self) -> None:
        """Give the connection back where the body came to its clean end, else end it at once."""
        if not self._closed:
            self._closed = True
            self._wire.release()

    # For the connection.

    def feed(self, data: bytes) -> None:
        """A piece of the body, as it stood on the wire but for its framing."""
        sink = self._sink
        if sink is not None and self._decoder is None:
            try:
                sink(data)
            except Exception as error:  # noqa: BLE001  (whatever the sink raises belongs to who called pipe)
                self._abandon(error)
            return
        self._buffer.append(data)
        self._buffered += len(data)
        if sink is not None:
            self._drain()
        elif self._buffered > HIGH_WATER_BYTES:
            self._flow()

    def finish(self) -> None:
        """The body came to its clean end."""
        self._ended = True
        if self._sink is not None:
            self._drain()

    def fail(self, error: UpstreamError) -> None:
        """The body will not come to its end."""
        if self._error is None and not self._ended:
            self._error = error
            self._wake()

    # Inside.

    def _backlog(self) -> bool:
        return bool(self._buffer) or (self._decoder is not None and self._decoder.more)

    def _over(self) -> bool:
        return self._error is not None or (self._ended and not self._backlog())

    def _take(self) -> bytes:
        buffer = self._buffer
        data = buffer[0] if len(buffer) == 1 else b"".join(buffer)
        buffer.clear()
        self._buffered = 0
        return data

    def _drain(self) -> None:
        """Give the sink what waits for it, as far as it may have it now."""
        sink = self._sink
        if sink is None:
            return
        try:
            if self._decoder is not None:
                self._decode(self._decoder, sink)
            elif self._buffer:
                sink(self._take())
        except Exception as error:  # noqa: BLE001  (whatever the sink raises belongs to who called pipe)
            self._abandon(error)
            return
        self._flow()
        if self._over():
            self._wake()

    def _decode(self, decoder: Decoder, sink: Callable[[bytes], None]) -> None:
        if self._buffer and not (self._paused and decoder.more):
            decoder.feed(self._take())
        for _ in range(PIECES_PER_TURN):
            if not decoder.more:
                break
            if self._paused:
                return
            if piece := decoder.next():
                sink(piece)
        if decoder.more:
            self._loop.call_soon(self._drain)
        elif self._ended and not decoder.finished:
            raise UpstreamCut("The provider's answer broke off: its encoded body has no end.")

    def _flow(self) -> None:
        """Read the socket, or stop reading it, by what is wanted now."""
        stop = self._paused or self._buffered > HIGH_WATER_BYTES
        if stop is not self._stopped and not self._ended and not self._closed:
            self._stopped = stop
            if stop:
                self._wire.pause_reading()
            else:
                self._wire.resume_reading()

    def _abandon(self, error: Exception) -> None:
        self._error = error
        self._wire.abort()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class _Whole:
    """Gathers a body up to a limit."""

    __slots__ = ("_limit_bytes", "_reply", "_size", "pieces")

    def __init__(self, reply: HttpReply, limit_bytes: int) -> None:
        self.pieces: list[bytes] = []
        self._reply = reply
        self._limit_bytes = limit_bytes
        self._size = 0

    def add(self, piece: bytes) -> None:
        if not self.pieces:
            self._reply.content_seen()
        self.pieces.append(piece)
        self._size += len(piece)
        if self._size > self._limit_bytes:
            raise _too_long(self._limit_bytes)


def _too_long(limit_bytes: int) -> UpstreamGarbage:
    return UpstreamGarbage(f"The provider's answer is longer than {limit_bytes} bytes.")
