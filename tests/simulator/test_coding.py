from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

import brotli  # pyright: ignore[reportMissingTypeStubs]
import pytest
import zstandard

from headgate.simulator.coding import decode, encoder

CODINGS = ["gzip", "deflate", "br", "zstd"]


@pytest.mark.parametrize("coding", CODINGS)
def test_what_was_encoded_can_be_read_again(coding: str) -> None:
    feed, finish = encoder(coding)
    assert decode(coding, feed(b"event one\n\n") + feed(b"event two\n\n") + finish()) == b"event one\n\nevent two\n\n"


def test_every_event_can_be_read_as_it_comes() -> None:
    readers: dict[str, Callable[[bytes], bytes]] = {
        "gzip": zlib.decompressobj(wbits=31).decompress,
        "deflate": zlib.decompressobj().decompress,
        "br": brotli.Decompressor().process,  # pyright: ignore[reportUnknownMemberType]
        "zstd": zstandard.ZstdDecompressor().decompressobj().decompress,
    }
    for coding, read in readers.items():
        feed, _ = encoder(coding)
        assert [read(feed(b"one\n\n")), read(feed(b"two\n\n"))] == [b"one\n\n", b"two\n\n"], coding


def test_a_body_without_coding_is_itself() -> None:
    assert decode("", b"{}") == decode("identity", b"{}") == b"{}"


@pytest.mark.parametrize("coding", [*CODINGS, "rot13"])
def test_a_body_that_is_not_what_it_says_is_refused(coding: str) -> None:
    with pytest.raises(ValueError, match=coding):
        decode(coding, b"this is no such thing")


def test_a_cut_gzip_body_is_refused() -> None:
    with pytest.raises(ValueError, match="gzip"):
        decode("gzip", gzip.compress(b"hello" * 100)[:-9])
