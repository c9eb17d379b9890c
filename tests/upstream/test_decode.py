"""Encoded bodies are decoded as they come, in bounded steps, and whole or not at all."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import UpstreamGarbage
from headgate.upstream.decode import STEP_BYTES, ZSTD_SLICE_BYTES, Decoder

_brotli: Any = brotli
TEXT = b"".join(b"data: {%d}\n\n" % number for number in range(20_000))


def raw_deflate(data: bytes) -> bytes:
    pack = zlib.compressobj(wbits=-15)
    return pack.compress(data) + pack.flush()


def brotli_pack(data: bytes) -> bytes:
    return _brotli.compress(data, quality=5)


def gzip_pack(data: bytes) -> bytes:
    return gzip.compress(data, 6)


def zstd_pack(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


PACK: dict[str, tuple[bytes, Callable[[bytes], bytes]]] = {
    "gzip": (b"gzip", gzip_pack),
    "x-gzip": (b"x-gzip", gzip_pack),
    "deflate": (b"deflate", zlib.compress),
    "raw deflate": (b"deflate", raw_deflate),
    "br": (b"br", brotli_pack),
    "zstd": (b"zstd", zstd_pack),
}
every = pytest.mark.parametrize(("name", "pack"), PACK.values(), ids=PACK)


def drain(decoder: Decoder) -> bytes:
    out: list[bytes] = []
    while decoder.more:
        out.append(decoder.next())
    return b"".join(out)


def unpack(name: bytes, pieces: list[bytes]) -> tuple[bytes, bool]:
    decoder = Decoder(name)
    out: list[bytes] = []
    for piece in pieces:
        decoder.feed(piece)
        out.append(drain(decoder))
    return b"".join(out), decoder.finished


@every
def test_what_was_encoded_comes_back(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    assert unpack(name, [pack(TEXT)]) == (TEXT, True)
    assert unpack(name, [pack(b"")]) == (b"", True)


@every
def test_nothing_at_all_is_an_empty_body(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    assert Decoder(name).finished


@every
def test_byte_by_byte_gives_the_same(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT[:3000])
    assert unpack(name, [packed[at : at + 1] for at in range(len(packed))]) == (TEXT[:3000], True)


@every
@given(data=st.binary(max_size=2000), cuts=st.lists(st.integers(0, 2500), max_size=8))
def test_any_split_gives_the_same(name: bytes, pack: Callable[[bytes], bytes], data: bytes, cuts: list[int]) -> None:
    packed = pack(data)
    at = [0, *sorted(min(cut, len(packed)) for cut in cuts), len(packed)]
    assert unpack(name, [packed[a:b] for a, b in pairwise(at)]) == (data, True)


@every
def test_a_body_that_breaks_off_is_not_finished(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT[:500])
    for cut in range(1, len(packed)):
        out, finished = unpack(name, [packed[:cut]])
        assert TEXT.startswith(out) and not finished


@every
def test_what_is_not_encoded_so_is_garbage(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(UpstreamGarbage, match=r"not the \S+ it says"):
        unpack(name, [b"\xff\xff{ this is not it }" * 20])


@every
def test_junk_after_the_end_is_garbage(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    with pytest.raises(UpstreamGarbage):
        unpack(name, [pack(b"hello") + b"junk junk junk"])
    with pytest.raises(UpstreamGarbage):
        unpack(name, [pack(b"hello"), b"junk junk junk"])


@pytest.mark.parametrize(("name", "pack"), [PACK["gzip"], PACK["zstd"]])
def test_members_one_after_the_other_are_one_body(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(b"one ") + pack(b"two ") + pack(b"") + pack(b"three")
    assert unpack(name, [packed]) == (b"one two three", True)
    assert unpack(name, [packed[at : at + 1] for at in range(len(packed))]) == (b"one two three", True)
    assert unpack(name, [pack(b"one "), pack(b"two")[:-1]])[1] is False


def flushed(name: str) -> tuple[bytes, bytes]:
    """A first event that its sender flushed, and the rest of the body."""
    if name == "br":
        press = _brotli.Compressor()
        return press.process(b"data: 1\n\n") + press.flush(), press.process(b"data: 2\n\n") + press.finish()
    if name == "zstd":
        frame = zstandard.ZstdCompressor().compressobj()
        first = frame.compress(b"data: 1\n\n") + frame.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        return first, frame.compress(b"data: 2\n\n") + frame.flush()
    pack = zlib.compressobj(wbits={"gzip": 31, "deflate": 15}[name])
    return pack.compress(b"data: 1\n\n") + pack.flush(zlib.Z_SYNC_FLUSH), pack.compress(b"data: 2\n\n") + pack.flush()


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_an_event_that_was_flushed_is_not_held_back(name: str) -> None:
    first, rest = flushed(name)
    decoder = Decoder(name.encode())
    decoder.feed(first)
    assert drain(decoder) == b"data: 1\n\n"
    decoder.feed(rest)
    assert (drain(decoder), decoder.finished) == (b"data: 2\n\n", True)


BOMB = b"\0" * 50_000_000


@every
def test_a_bomb_is_decoded_in_bounded_steps(name: bytes, pack: Callable[[bytes], bytes]) -> None:
    most = STEP_BYTES * 4 + (ZSTD_SLICE_BYTES // 4 + 1) * 128 * 1024 * (name == b"zstd")
    decoder = Decoder(name)
    decoder.feed(pack(BOMB))
    started = time.process_time()
    size = 0
    while decoder.more:
        piece = decoder.next()
        assert len(piece) <= most
        size += len(piece)
    assert (size, decoder.finished) == (len(BOMB), True)
    assert time.process_time() - started < 20  # not quadratic


def test_a_zstd_frame_may_not_ask_for_a_huge_window() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    frame = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    with pytest.raises(UpstreamGarbage):
        unpack(b"zstd", [frame.compress(b"hello") + frame.flush()])


@pytest.mark.parametrize("name", [b"snappy", b"gzip, br", b"gzip,gzip", b"\xff", b"*"])
def test_an_encoding_that_is_not_known_is_garbage(name: bytes) -> None:
    with pytest.raises(UpstreamGarbage, match="content encoding"):
        Decoder(name)
