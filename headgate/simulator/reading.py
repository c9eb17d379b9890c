"""Requests out of bytes: httptools reads them, and a head that has been read before is not read again."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import httptools

from headgate.simulator.seen import Seen

MOST_HEADS = 256
LARGEST_HEAD = 4 * 1024
_END = b"\r\n\r\n"

Garbled = httptools.HttpParserError


class Head(NamedTuple):
    """A request without its body, as it was once read."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body_size: int
    keep_alive: bool


Heads = dict[bytes, Head]
"""The bytes of a head → the head. Clients send the same one again and again; comparing it is ten times cheaper than reading it."""


class Reader:
    """Feed it bytes in any cut; it calls back with whole requests."""

    def __init__(self, heads: Heads, clock_s: Callable[[], float], received: Callable[[Seen, bool], None]) -> None:
        self._heads = heads
        self._clock_s = clock_s
        self._received = received
        """Called with each request and whether the connection stays open after it."""
        self.waited_for = False
        """The client has asked whether it may send the body."""
        self._parser = httptools.HttpRequestParser(self)
        self._between = True
        self._raw = b""
        self._target = b""
        self._headers: list[tuple[bytes, bytes]] = []
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Raises Garbled for what is not HTTP."""
        if self._between:
            end = data.find(_END) + len(_END)
            head = self._heads.get(data[:end])
            if head is not None and len(data) == end + head.body_size:
                seen = Seen(head.method, head.target, head.headers, self._clock_s() * 1000)
                seen.body = data[end:]
                self._received(seen, head.keep_alive)
                return
            self._raw = data
        else:
            self._raw = b""
        self._parser.feed_data(data)

    # What the parser calls.

    def on_message_begin(self) -> None:
        self._between = False
        self._target = b""
        self._headers = []
        self._body = []

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.waited_for = any(name == b"expect" for name, _ in self._headers)

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        self._between = True
        self.waited_for = False
        method, target = self._parser.get_method().decode("latin-1"), self._target.decode("latin-1")
        seen = Seen(method, target, self._headers, self._clock_s() * 1000)
        seen.body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        keep_alive = self._parser.should_keep_alive()
        self._remember(seen, keep_alive)
        self._received(seen, keep_alive)

    def _remember(self, seen: Seen, keep_alive: bool) -> None:
        """The head, where it came in one piece with the whole body and nothing else."""
        end = self._raw.find(_END) + len(_END)
        whole = self._raw[end:] == seen.body and b"content-length" in dict(seen.headers)
        if whole and keep_alive and end <= LARGEST_HEAD and len(self._heads) < MOST_HEADS:
            self._heads[self._raw[:end]] = Head(seen.method, seen.target, seen.headers, len(seen.body), keep_alive)
