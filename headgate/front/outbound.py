"""Answers as bytes: status line, headers, and the framing of bodies."""

from __future__ import annotations

from http import HTTPStatus

from headgate.core.ports import Headers

STATUS_LINES = {status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}
LAST_CHUNK = b"0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def status_line(status: int) -> bytes:
    # Providers answer with numbers that no registry knows (498, 529): the number matters, the phrase does not.
    return STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def whole(status: int, headers: Headers, body: bytes, last: bool) -> bytes:
    """A whole answer, ready for one write. `last` says that the connection closes after it."""
    parts = [status_line(status)]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    if last:
        parts.append(b"connection: close\r\n")
    parts += (b"content-length: %d\r\n\r\n" % len(body), body)
    return b"".join(parts)


def head(status: int, headers: Headers, chunked: bool, last: bool) -> bytes:
    """The head of an answer whose length is not known yet."""
    parts = [status_line(status)]
    for name, value in headers:
        parts += (name, b": ", value, b"\r\n")
    if chunked:
        parts.append(b"transfer-encoding: chunked\r\n")
    if last:
        parts.append(b"connection: close\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)
