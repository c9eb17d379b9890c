"""A way through an HTTP proxy: CONNECT, for plain and encrypted origins alike."""

from __future__ import annotations

import asyncio
import re
from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from headgate.core.errors import UpstreamUnreachable

HEAD_LIMIT_BYTES = 16 * 1024

_status = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")


@dataclass(frozen=True, slots=True)
class Proxy:
    host: str
    port: int
    authorization: bytes = b""
    """A whole header line, or nothing."""


def read_proxy(url: str) -> Proxy:
    """`http://[user:password@]host:port`."""
    parts = urlsplit(url)
    try:
        port = parts.port or 80
    except ValueError:
        port = 0
    if parts.scheme != "http" or not parts.hostname or not port:
        raise UpstreamUnreachable("The proxy of this provider is not of the form http://host:port.")
    if parts.username is None:
        return Proxy(parts.hostname, port)
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Proxy(parts.hostname, port, b"proxy-authorization: Basic " + b64encode(pair) + b"\r\n")


async def open_tunnel(proxy: Proxy, host: str, port: int) -> asyncio.Transport:
    """A transport whose bytes reach `host:port`. Raises UpstreamUnreachable, OSError."""
    loop = asyncio.get_running_loop()
    answer = _Answer(loop.create_future())
    transport, _ = await loop.create_connection(lambda: answer, proxy.host, proxy.port)
    target = (f"[{host}]:{port}" if ":" in host else f"{host}:{port}").encode("ascii" if host.isascii() else "idna")
    transport.write(b"CONNECT %b HTTP/1.1\r\nhost: %b\r\n%b\r\n" % (target, target, proxy.authorization))
    try:
        status = await answer.status
        if isinstance(status, UpstreamUnreachable):
            raise status
        if not 200 <= status <= 299:
            raise UpstreamUnreachable(f"The proxy answered {status} when asked for {host}:{port}.")
    except BaseException:
        transport.abort()
        raise
    return transport


class _Answer(asyncio.Protocol):
    """The head of what a proxy says to CONNECT. After it, not one byte comes before we speak."""

    def __init__(self, status: asyncio.Future[int | UpstreamUnreachable]) -> None:
        self.status = status
        self._head = b""

    def data_received(self, data: bytes) -> None:
        if self.status.done():
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0 and len(self._head) <= HEAD_LIMIT_BYTES:
            return
        found = _status.match(self._head)
        if end < 0 or found is None or (end + 4 != len(self._head) and found[1].startswith(b"2")):
            self.status.set_result(UpstreamUnreachable("The proxy's answer to CONNECT is not HTTP."))
        else:
            self.status.set_result(int(found[1]))

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.status.done():
            self.status.set_result(UpstreamUnreachable("The proxy closed the connection when asked for a way through."))
