"""A request body as it comes in: bounded, awaited once, decoded within a limit on the decoded size."""

from __future__ import annotations

import asyncio
import zlib

from headgate.core.errors import BodyTooLarge, BodyTooSlow, HeadgateError, UnsupportedEncoding

CHUNK_OVERHEAD = 8
"""Raw bytes that chunked framing may spend for each byte of body (plus `CHUNK_ALLOWANCE`) before it counts as an attack."""
CHUNK_ALLOWANCE = 65_536
SLOWEST_BYTES_PER_S = 10_000
"""A body that comes slower than this for longer than the body timeout is refused."""


def too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The request body is larger than the limit of {limit} bytes (server.body_limit_bytes).")


class Body:
    """Bytes of one request body."""

    __slots__ = ("_failure", "_loop", "_parts", "_waiter", "complete", "limit", "size", "started_at", "wire_size")

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int, started_at: float) -> None:
        self._loop = loop
        self._parts: list[bytes] = []
        self._failure: HeadgateError | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.limit = limit
        self.started_at = started_at
        self.size = 0
        self.wire_size = 0
        self.complete = False

    def add(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self.limit:
            self.fail(too_large(self.limit))
        elif self._failure is None:
            self._parts.append(data)

    def end(self) -> None:
        self.complete = True
        self._wake()

    def fail(self, error: HeadgateError) -> None:
        """Nothing more is read: whoever waits for the body gets `error`."""
        if self._failure is None and not self.complete:
            self._failure = error
            self._parts.clear()
            self._wake()

    @property
    def failed(self) -> bool:
        return self._failure is not None

    def flaw(self, now: float, timeout_s: float) -> HeadgateError | None:
        """Why reading this body is given up: it comes too slowly, or its framing is all overhead."""
        if now - self.started_at > timeout_s + self.size / SLOWEST_BYTES_PER_S:
            return BodyTooSlow(f"The request body did not arrive in time: {self.size} bytes came (server.body_timeout_ms).")
        return None

    def wire_flaw(self) -> HeadgateError | None:
        if self.wire_size > self.size * CHUNK_OVERHEAD + CHUNK_ALLOWANCE:
            return too_large(self.limit)
        return None

    async def read(self, encoding: bytes | None) -> bytes:
        """The whole body, decoded. Raises BodyTooLarge, BodyTooSlow, UnsupportedEncoding."""
        if not self.complete and self._failure is None:
            self._waiter = self._loop.create_future()
            await self._waiter
        if self._failure is not None:
            raise self._failure
        parts = self._parts
        raw = parts[0] if len(parts) == 1 else b"".join(parts)
        self._parts = []
        if encoding is None or encoding.lower() == b"identity":
            return raw
        if encoding.lower() not in (b"gzip", b"x-gzip"):
            raise UnsupportedEncoding("Content-Encoding must be gzip or absent.", param="content-encoding")
        # Off the loop: a small body may decode to one of the size of the limit.
        return await asyncio.to_thread(gunzip, raw, self.limit)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def gunzip(raw: bytes, limit: int) -> bytes:
    """The decoded bytes of one or more gzip members. Raises BodyTooLarge beyond `limit`, UnsupportedEncoding for what is not gzip."""
    parts: list[bytes] = []
    size = 0
    while raw:
        member = zlib.decompressobj(wbits=31)
        try:
            piece = member.decompress(raw, limit - size + 1)
        except zlib.error as cause:
            raise UnsupportedEncoding("The body says Content-Encoding: gzip, but is not gzip.", param="content-encoding") from cause
        size += len(piece)
        if size > limit:
            raise too_large(limit)
        if not member.eof:
            raise UnsupportedEncoding("The gzip body breaks off before its end.", param="content-encoding")
        parts.append(piece)
        raw = member.unused_data
    return b"".join(parts)
