"""Answers as bytes: status line, headers, and the framing of bodies."""

from __future__ import annotations

from http import HTTPStatus

from headgate.core.ports import Headers

STATUS_LINES = {status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus}
LAST_CHUNK = b"0\r\n\r\n"
LINE = b"\r\n"
CLOSE = b"\r\nconnection: close\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_line = b": ".join


def status_line(status: int) -> bytes:
    # Providers answer with numbers that no registry knows (498, 529): the number matters, the phrase does not.
    return STATUS_LINES.get(status) or b"HTTP/1.1 %d \r\n" % status


def whole(status: int, headers: Headers, body: bytes, last: bool) -> bytes:
    """A whole answer, ready for one write. `last` says that the connection closes after it."""
    end = CLOSE if last else LINE
    lines = LINE.join(map(_line, headers))
    return b"%b%b%bcontent-length: %d\r\n\r\n%b" % (status_line(status), lines, end if headers else end[2:], len(body), body)


def head(status: int, headers: Headers, chunked: bool, last: bool) -> bytes:
    """The head of an answer whose length is not known yet."""
    framing: Headers = [(b"transfer-encoding", b"chunked")] if chunked else []
    framing += [(b"connection", b"close")] if last else []
    return b"%b%b\r\n\r\n" % (status_line(status), LINE.join(map(_line, headers + framing)))
