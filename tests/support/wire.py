"""Recorded bytes of providers, and streams fed in pieces."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from headgate.core.ports import StreamScanner

CASES = Path(__file__).parent.parent / "wire" / "cases"

CHAT = b'{"model":"smart","messages":[{"role":"user","content":"hi"}],"stream":true}'
CHAT_WITH_USAGE = CHAT[:-1] + b',"stream_options":{"include_usage":true}}'
MESSAGE = b'{"model":"smart","max_tokens":99,"messages":[{"role":"user","content":"hi"}],"stream":true}'


def stream(dialect: str, name: str) -> bytes:
    return (CASES / dialect / f"{name}.stream.txt").read_bytes()


def streams(dialect: str) -> list[str]:
    """The names of all recorded streams of a format."""
    return sorted(path.name.removesuffix(".stream.txt") for path in (CASES / dialect).glob("*.stream.txt"))


def reply(dialect: str, name: str) -> bytes:
    return (CASES / dialect / f"{name}.reply.json").read_bytes()


def cut(data: bytes, places: Iterable[int]) -> list[bytes]:
    """`data` in pieces, cut at these places."""
    ends = sorted({*places, len(data)})
    return [data[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def passed(scanner: StreamScanner, pieces: Iterable[bytes]) -> bytes:
    """What the scanner forwards of these pieces, the provider's clean end included."""
    return b"".join([*(scanner.feed(piece) for piece in pieces), scanner.close()])


def facts(scanner: StreamScanner) -> dict[str, Any]:
    names = ("usage", "produced", "content_seen", "finished", "complete", "garbage", "error", "model", "reply_id")
    return {name: getattr(scanner, name) for name in names}


def data(events: bytes) -> list[Any]:
    """The JSON of each event in a stream with one line of data each, as a client sees it."""
    lines = [line.removeprefix(b"data:").strip() for line in events.splitlines() if line.startswith(b"data:")]
    return [json.loads(line) for line in lines if line != b"[DONE]"]
