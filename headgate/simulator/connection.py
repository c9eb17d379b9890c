"""One connection to a client: requests in, steps out, as fast as the client reads."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Iterator
from typing import Protocol, cast

from headgate.simulator.play import Action, Cut
from headgate.simulator.reading import Garbled, Heads, Reader
from headgate.simulator.seen import Log, Seen
from headgate.simulator.wheel import Due, Wheel

LINGER_RESET = struct.pack("ii", 1, 0)
"""Closing with this drops what was not sent and tells the peer with a reset."""

MOST_WAITING = 64
"""Requests that may be sent ahead on one connection before reading stops."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
BAD_REQUEST = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Responder(Protocol):
    """What a connection needs from whoever made it."""

    seen: Log
    connections: set[Connection]
    heads: Heads
    wheel: Wheel

    def respond(self, seen: Seen, headers: dict[bytes, bytes]) -> bytes | Iterator[Action]: ...


class Connection(asyncio.Protocol):
    """Answers requests in the order in which they come."""

    def __init__(self, simulator: Responder, loop: asyncio.AbstractEventLoop) -> None:
        self._simulator = simulator
        self._loop = loop
        self._reader = Reader(simulator.heads, loop.time, self._received)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Seen, bool]] = deque()
        self._current: Seen | None = None
        self._keep_alive = True
        self._actions: Iterator[Action] | None = None
        self._timer: asyncio.Handle | Due | None = None
        self._paused = False
        self._due = False
        """The next step is to be done as soon as the client reads again."""

    # What the event loop calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._simulator.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._simulator.connections.discard(self)
        self._stop()
        self._mark_closed("peer")
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            self._reader.feed(data)
        except Garbled:
            self._write(BAD_REQUEST)
            self._close()
        if self._reader.waited_for and self._current is None:
            self._write(CONTINUE)
            self._reader.waited_for = False

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._due:
            self._due = False
            self._advance()

    def _received(self, seen: Seen, keep_alive: bool) -> None:
        if not seen.target.startswith("/_sim/"):
            self._simulator.seen.add(seen)
        if self._current is None and not self._waiting:
            self._answer(seen, keep_alive)
            return
        self._waiting.append((seen, keep_alive))
        if len(self._waiting) == MOST_WAITING and self._transport is not None:
            self._transport.pause_reading()

    # Answering.

    def _answer(self, seen: Seen, keep_alive: bool) -> None:
        self._current = seen
        self._keep_alive = keep_alive
        reply = self._simulator.respond(seen, dict(seen.headers))
        if isinstance(reply, bytes):
            self._write(reply)
            self._finish()
            return
        self._actions = reply
        self._advance()

    def _advance(self) -> None:
        """Do the next step and arrange the one after it; every event is a write of its own."""
        actions = self._actions
        if actions is None:
            return
        if self._paused:
            self._due = True
            return
        action = next(actions, None)
        if action is None:
            self._actions = None
            self._finish()
        elif isinstance(action, Cut):
            self._actions = None
            self._break_off(action.reset)
        else:
            if action.data:
                self._write(action.data)
            wait_ms = action.wait_ms
            if wait_ms == 0:
                self._timer = self._loop.call_soon(self._advance)
            elif wait_ms is not None:
                self._timer = self._simulator.wheel.after(wait_ms, self._advance)

    def _finish(self) -> None:
        if self._current is not None:
            self._current.answered_ms = self._loop.time() * 1000
            self._current = None
        if not self._keep_alive:
            self._close()
        elif self._waiting:  # not at once: answers that are ready would call each other
            self._timer = self._loop.call_soon(self._next)

    def _next(self) -> None:
        if self._current is None and self._waiting:
            if len(self._waiting) == MOST_WAITING and self._transport is not None and not self._transport.is_closing():
                self._transport.resume_reading()
            self._answer(*self._waiting.popleft())

    def _write(self, data: bytes) -> None:
        if self._transport is not None:
            self._transport.write(data)
            if self._current is not None:
                self._current.sent_bytes += len(data)

    # Closing.

    def drop(self) -> None:
        """End the connection now."""
        self._stop()
        self._mark_closed("simulator")
        if self._transport is not None:
            self._transport.abort()

    def _break_off(self, reset: bool) -> None:
        """Close in the middle of an answer; what was written before goes out first."""
        self._mark_closed("simulator")
        if reset and self._transport is not None:
            pipe = cast("socket.socket", self._transport.get_extra_info("socket"))
            pipe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_RESET)
        self._close()

    def _close(self) -> None:
        self._mark_closed("simulator")
        if self._transport is not None:
            self._transport.close()

    def _mark_closed(self, by: str) -> None:
        now_ms = self._loop.time() * 1000
        for seen in (self._current, *(waiting for waiting, _ in self._waiting)):
            if seen is not None and seen.closed_ms is None:
                seen.closed_ms = now_ms
                seen.closed_by = "peer" if by == "peer" else "simulator"

    def _stop(self) -> None:
        self._actions = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
