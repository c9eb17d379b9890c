"""Content codings, both ways: answers are compressed so that every event can be read as it comes, request bodies are opened."""

# brotli ships no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownLambdaType=false

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from typing import NamedTuple

import brotli
import zstandard


class Encoder(NamedTuple):
    """Feed it bytes and get what can be sent now; `finish` gives the rest."""

    feed: Callable[[bytes], bytes]
    finish: Callable[[], bytes]


def encoder(coding: str) -> Encoder:
    match coding:
        case "gzip" | "deflate":
            squeeze = zlib.compressobj(wbits=31 if coding == "gzip" else 15)
            return Encoder(lambda data: squeeze.compress(data) + squeeze.flush(zlib.Z_SYNC_FLUSH), squeeze.flush)
        case "br":
            brot = brotli.Compressor(quality=4)
            return Encoder(lambda data: brot.process(data) + brot.flush(), brot.finish)
        case "zstd":
            zst = zstandard.ZstdCompressor(level=3).compressobj()
            return Encoder(
                lambda data: zst.compress(data) + zst.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK),
                lambda: zst.flush(zstandard.COMPRESSOBJ_FLUSH_FINISH),
            )
        case _:
            raise ValueError(coding)


def decode(coding: str, body: bytes) -> bytes:
    """The body behind a content coding. Raises ValueError where it is not what it says."""
    try:
        match coding:
            case "" | "identity":
                return body
            case "gzip" | "x-gzip":
                return gzip.decompress(body)
            case "deflate":
                return zlib.decompress(body)
            case "br":
                return brotli.decompress(body)
            case "zstd":
                return zstandard.ZstdDecompressor().decompressobj().decompress(body)
            case _:
                raise ValueError(f"unknown content encoding {coding!r}")
    except (OSError, EOFError, zlib.error, brotli.error, zstandard.ZstdError) as cause:
        raise ValueError(f"the body is not {coding}: {cause}") from cause
