"""Content encodings, incrementally: what can be decoded is given at once, and no step makes more than a bounded amount."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Protocol

import brotli
import zstandard

from headgate.core.errors import UpstreamGarbage

STEP_BYTES = 64 * 1024
"""How much one step of decoding makes, roughly."""
SLICE_BYTES = 16 * 1024
"""How much encoded input a codec is given at a time."""
ZSTD_SLICE_BYTES = 128
"""Its decoder takes no limit on output, but four bytes of input cannot become more than one block of 128 KiB."""
ZSTD_WINDOW_BYTES = 8 * 1024 * 1024
"""What RFC 9659 lets a content encoding ask of its reader."""

_brotli: Any = brotli  # it has no types
BROKEN: tuple[type[Exception], ...] = (zlib.error, zstandard.ZstdError, _brotli.error)

GZIP_BITS, ZLIB_BITS, RAW_BITS = 31, 15, -15


class Codec(Protocol):
    """One encoding. `full`: it holds something back, and wants an empty step before more input. `ended`: nothing is missing."""

    slice_bytes: int
    full: bool
    ended: bool

    def step(self, data: bytes) -> bytes: ...


class Inflate:
    """gzip or deflate; another member may follow where one ended."""

    def __init__(self, bits: int = GZIP_BITS) -> None:
        self.slice_bytes = SLICE_BYTES
        self.full = self.ended = False
        self._bits = bits
        self._member = zlib.decompressobj(bits)
        self._rest = b""

    def step(self, data: bytes) -> bytes:
        if self._member.eof:
            self._member = zlib.decompressobj(self._bits)
        member = self._member
        piece = member.decompress(self._rest + data, STEP_BYTES)
        self._rest = member.unused_data if member.eof else member.unconsumed_tail
        self.ended = member.eof and not self._rest
        self.full = bool(self._rest) or (len(piece) >= STEP_BYTES and not member.eof)
        return piece


class Deflate:
    """deflate, which was meant to have the zlib wrapper and often has not: its first two bytes tell."""

    def __init__(self) -> None:
        self.slice_bytes = SLICE_BYTES
        self.full = self.ended = False
        self._first = b""
        self._inflate: Inflate | None = None

    def step(self, data: bytes) -> bytes:
        if self._inflate is None:
            data = self._first = self._first + data
            if len(data) < 2:
                return b""
            wrapped = data[0] & 0x0F == 8 and (data[0] * 256 + data[1]) % 31 == 0
            self._inflate = Inflate(ZLIB_BITS if wrapped else RAW_BITS)
        piece = self._inflate.step(data)
        self.full, self.ended = self._inflate.full, self._inflate.ended
        return piece


class Brotli:
    def __init__(self) -> None:
        self.slice_bytes = SLICE_BYTES
        self.full = self.ended = False
        self._stream: Any = _brotli.Decompressor()

    def step(self, data: bytes) -> bytes:
        piece: bytes = self._stream.process(data, output_buffer_limit=STEP_BYTES)
        self.ended = self._stream.is_finished()
        # It would take more input although it still has output, where a step was as long as it may be.
        self.full = not self.ended and (len(piece) >= STEP_BYTES or not self._stream.can_accept_more_data())
        return piece


class Zstd:
    """zstd; another frame may follow where one ended."""

    def __init__(self) -> None:
        self.slice_bytes = ZSTD_SLICE_BYTES
        self.full = self.ended = False
        self._context = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
        self._frame = self._context.decompressobj()
        self._rest = b""

    def step(self, data: bytes) -> bytes:
        if self._frame.eof:
            self._frame = self._context.decompressobj()
        piece = self._frame.decompress(self._rest + data)
        self._rest = self._frame.unused_data if self._frame.eof else b""
        self.full = bool(self._rest)
        self.ended = self._frame.eof and not self._rest
        return piece


CODECS: dict[bytes, Callable[[], Codec]] = {
    b"gzip": Inflate,
    b"x-gzip": Inflate,
    b"deflate": Deflate,
    b"br": Brotli,
    b"zstd": Zstd,
}


class Decoder:
    """Feed it encoded bytes; while there is `more`, `next` gives a bounded piece of what they mean."""

    __slots__ = ("_at", "_codec", "_input", "_name", "_used")

    def __init__(self, name: bytes) -> None:
        make = CODECS.get(name)
        if make is None:
            raise UpstreamGarbage(f"The provider's answer has the content encoding {name.decode('latin-1')!r}, which nobody asked for.")
        self._name = name.decode()
        self._codec = make()
        self._input = b""
        self._at = 0
        self._used = False

    def feed(self, data: bytes) -> None:
        self._input = self._input[self._at :] + data
        self._at = 0
        self._used = True

    @property
    def more(self) -> bool:
        return self._codec.full or self._at < len(self._input)

    @property
    def finished(self) -> bool:
        """The encoded body ends here and is whole."""
        return not self._used or (self._codec.ended and not self.more)

    def next(self) -> bytes:
        """The next piece: of one step's size where there is so much. Raises UpstreamGarbage."""
        pieces: list[bytes] = []
        size = 0
        while size < STEP_BYTES and self.more:
            piece = self._step()
            pieces.append(piece)
            size += len(piece)
        return b"".join(pieces)

    def _step(self) -> bytes:
        data = b""
        if not self._codec.full:
            data = self._input[self._at : self._at + self._codec.slice_bytes]
            self._at += len(data)
        try:
            return self._codec.step(data)
        except BROKEN as cause:
            raise UpstreamGarbage(f"The provider's body is not the {self._name} it says it is.") from cause
