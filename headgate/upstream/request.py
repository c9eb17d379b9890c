"""What is asked of a provider, and the bytes that ask it."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.core.ports import Deadlines, Headers, Origin

BODILESS = frozenset({b"GET", b"HEAD", b"OPTIONS", b"DELETE", b"TRACE"})
"""Methods that announce no length where they have no body."""

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
    """What stands between the target and the caller's headers in every request to this origin."""
    host = origin.host if ":" not in origin.host or origin.host.startswith("[") else f"[{origin.host}]"
    authority = host if DEFAULT_PORTS.get(origin.scheme) == origin.port else f"{host}:{origin.port}"
    return b" HTTP/1.1\r\nhost: " + authority.encode("idna" if not host.isascii() else "ascii") + b"\r\naccept-encoding: identity\r\n"


def head(call: HttpCall, lines: bytes) -> bytes:
    """The request's head, with the `origin_lines` of where it goes. Raises ValueError where it would not be one request, framed once."""
    headers = call.headers
    size = len(call.body)
    framing = b"content-length: %d\r\n\r\n" % size if size or call.method not in BODILESS else b"\r\n"
    if headers:
        text = b"%b %b%b%b\r\n%b" % (call.method, call.target, lines, b"\r\n".join(map(_line, headers)), framing)
    else:
        text = b"%b %b%b%b" % (call.method, call.target, lines, framing)
    # Counting line ends is the cheapest way to see that no name or value brought its own.
    ends = len(headers) + (5 if len(framing) > 2 else 4)
    if text.count(b"\n") != ends or text.count(b"\r") != ends or b"\0" in text:
        raise ValueError("a header, the method or the target contains CR, LF or NUL")
    if b" " in call.target or b" " in call.method or not call.target or not call.method:
        raise ValueError("the method and the target may not be empty or contain spaces")
    if text.count(b"\r\ncontent-length:") != (len(framing) > 2) or b"\r\ntransfer-encoding:" in text or text.count(b"\r\nhost:") != 1:
        raise ValueError("host, content-length and transfer-encoding are written by the transport")
    return text
