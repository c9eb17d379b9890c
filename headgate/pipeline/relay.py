"""A provider's answer on its way to the client in the same format: its own bytes, watched but not rebuilt.

The order that makes it crash-safe: what the answer cost is settled in the journal first, then the client gets to see its end.
"""

from __future__ import annotations

import asyncio

from headgate.core.errors import UpstreamCut, UpstreamError, UpstreamGarbage
from headgate.core.ports import Codec, Exchange, StreamScanner
from headgate.pipeline.record import Record
from headgate.upstream import send
from headgate.upstream.transport import HttpReply

REPLY_LIMIT_BYTES = 268_435_456
KEEP_ALIVE_S = 15.0
"""Silence towards the client is bridged after this long, so that nothing between takes the connection for dead (S9)."""

EVENT_STREAM_HEADERS = [(b"x-accel-buffering", b"no")]
"""Proxies before us must not collect events."""


async def whole(reply: HttpReply, record: Record, exchange: Exchange, codec: Codec) -> None:
    """Pass on a plain answer. Raises UpstreamGarbage for what is not one."""
    body = await reply.read(REPLY_LIMIT_BYTES)
    facts = codec.read_reply(body)
    if facts.usage is not None:
        record.settle("ok", reply.status, facts.usage, "provider")
    else:
        record.settle("ok", reply.status, record.with_output(facts.produced), "estimated")
    exchange.reply(reply.status, record.signed(send.passed_back(reply.headers)), body)


async def stream(reply: HttpReply, record: Record, exchange: Exchange, codec: Codec) -> None:
    """Pass on an event stream, each event as it comes. Raises UpstreamError where it breaks off."""
    assert codec.scanner is not None
    scanner = codec.scanner(record.request)
    record.scanner = scanner
    passing = Passing(reply, record, exchange, scanner, codec.keep_alive)
    exchange.on_flow = passing.flow
    if exchange.paused:
        reply.pause()
    try:
        await reply.pipe(passing.take)
        passing.end()
    finally:
        exchange.on_flow = None
        passing.timer.cancel()


class Passing:
    """One stream on its way. Nothing is sent before the first content, so that a failure until then can still be mended elsewhere."""

    __slots__ = ("_content_seen", "_exchange", "_held", "_keep_alive", "_loop", "_record", "_reply", "_scanner", "_written_at", "timer")

    def __init__(self, reply: HttpReply, record: Record, exchange: Exchange, scanner: StreamScanner, keep_alive: bytes) -> None:
        self._reply = reply
        self._record = record
        self._exchange = exchange
        self._scanner = scanner
        self._keep_alive = keep_alive
        self._held = b""
        self._content_seen = False
        self._loop = asyncio.get_running_loop()
        self._written_at = self._loop.time()
        self.timer = self._loop.call_later(KEEP_ALIVE_S, self._bridge)

    def take(self, data: bytes) -> None:
        """Called for every piece that arrives: the hot path of streaming."""
        scanner = self._scanner
        events = scanner.feed(data)
        if not self._content_seen:
            events = self._before_content(events)
        if (scanner.finished or scanner.error is not None) and self._record.settled is None:
            self._finish()
        if events:
            self._exchange.write(events)
            self._written_at = self._loop.time()
            if self._record.settled is not None:
                self._exchange.end()
        if scanner.garbage:
            raise UpstreamGarbage("The provider sent an event that is not of its format.")

    def end(self) -> None:
        """The provider's body has ended cleanly: so has the answer, if it is whole. Raises UpstreamCut if it is not."""
        rest = self._scanner.close()
        if not self._content_seen:
            rest = self._before_content(rest)
        if self._record.settled is None and self._scanner.error is None and not self._scanner.finished:
            raise UpstreamCut("The provider ended its stream before the answer was whole.")
        if self._record.settled is None:
            self._finish()
        self._commit()
        self._exchange.write(rest)
        self._exchange.end()

    def flow(self, paused: bool) -> None:
        """The client reads too slowly, or again fast enough."""
        if paused:
            self._reply.pause()
        else:
            self._reply.resume()

    def _before_content(self, events: bytes) -> bytes:
        """What to write now of a stream whose content has not been seen: nothing, or all that was held back."""
        scanner = self._scanner
        if scanner.error is not None and not self._exchange.started:
            raise UpstreamError(f"The provider failed before its answer began ({scanner.error}).")
        if not (scanner.content_seen or scanner.finished or self._exchange.started):
            self._held += events
            return b""
        if scanner.content_seen:
            self._content_seen = True
            self._record.first_content_us = self._record.elapsed_us()
            self._reply.content_seen()
        self._commit()
        held, self._held = self._held, b""
        return held + events

    def _commit(self) -> None:
        if not self._exchange.started:
            headers = self._record.signed(send.passed_back(self._reply.headers)) + EVENT_STREAM_HEADERS
            self._exchange.start(self._reply.status, headers)

    def _finish(self) -> None:
        """Settle by what the provider reported, or by our own count where it reported nothing."""
        scanner, record = self._scanner, self._record
        outcome, error = ("ok", None) if scanner.error is None else ("truncated", f"upstream_{scanner.error}")
        if scanner.usage is not None and scanner.finished:
            record.settle(outcome, self._reply.status, scanner.usage, "provider", error)
        else:
            record.settle(outcome, self._reply.status, *record.spent(), error)

    def _bridge(self) -> None:
        """Write a sign of life if nothing else was written for long; only ever between events, which is where we always stand."""
        silent_s = self._loop.time() - self._written_at
        if silent_s >= KEEP_ALIVE_S and not self._exchange.paused:
            self._commit()
            self._exchange.write(self._held + self._keep_alive)
            self._held = b""
            self._written_at = self._loop.time()
            silent_s = 0.0
        self.timer = self._loop.call_later(KEEP_ALIVE_S - silent_s if silent_s < KEEP_ALIVE_S else KEEP_ALIVE_S, self._bridge)
