"""What is asked of a provider, and the bytes that ask it."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.core.errors import UpstreamUnreachable
from headgate.core.ports import Deadlines, Headers, Origin

BODILESS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"TRACE"})
"""Methods that announce no length where they have no body."""

OURS = frozenset({b"host", b"connection", b"content-length", b"transfer-encoding", b"accept-encoding"})
"""Headers that only the transport writes: two of one kind are how requests are smuggled."""

DEFAULT_PORTS = {"http": 80, "https": 443}

_line = b": ".join


@dataclass(slots=True)
class HttpCall:
    """One request. `headers` are without host, content-length, connection, accept-encoding and transfer-encoding: those are ours."""

    origin: Origin
    method: bytes
    target: bytes
    """Path and query, as sent."""
    headers: Headers
    body: bytes
    deadlines: Deadlines


def origin_lines(origin: Origin) -> bytes:
    """What stands between the target and the caller's headers in every request to this origin. Raises UpstreamUnreachable."""
    host = origin.host if ":" not in origin.host or origin.host.startswith("[") else f"[{origin.host}]"
    authority = host if DEFAULT_PORTS.get(origin.scheme) == origin.port else f"{host}:{origin.port}"
    try:
        written = authority.encode("ascii" if authority.isascii() else "idna")
    except UnicodeError as cause:
        raise UpstreamUnreachable(f"{origin.host!r} is not a host name.") from cause
    return b" HTTP/1.1\r\nhost: " + written + b"\r\naccept-encoding: identity\r\n"


def head(call: HttpCall, lines: bytes) -> bytes:
    """The request's head, with the `origin_lines` of where it goes. Raises ValueError where it would not be one request, framed once."""
    headers, method, target = call.headers, call.method, call.target
    size = len(call.body)
    text = b"%b %b%b%b" % (method, target, lines, b"\r\n".join(map(_line, headers)))
    if headers:
        text += b"\r\n"
    # We wrote this many line ends; any more came with a name or a value.
    if len(text) - len(text.translate(None, b"\r\n\0")) != 2 * (len(headers) + 3):
        raise ValueError("a header, the method or the target contains CR, LF or NUL")
    if not target or not method or target.find(b" ") >= 0 or method.find(b" ") >= 0:
        raise ValueError("the method and the target may not be empty or contain spaces")
    if not OURS.isdisjoint([name for name, _ in headers]):
        raise ValueError("host, connection, content-length, transfer-encoding and accept-encoding are written by the transport")
    if size or method not in BODILESS:
        return text + b"content-length: %d\r\n\r\n" % size
    return text + b"\r\n"
