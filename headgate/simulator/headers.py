"""The status line and the headers of an answer, as the real providers send them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from http import HTTPStatus

from headgate.simulator.reply import Reply


def head_of(reply: Reply, now_s: int) -> tuple[bytes, ...]:
    """Status line and headers, a line each; the request's id is a slot, the framing is left to whoever sends the body."""
    date = ("date", format_datetime(datetime.fromtimestamp(now_s, UTC), usegmt=True))
    pairs = (("content-type", reply.content_type), date, *reply.dialect.headers(now_s), *reply.headers)
    return (_status_line(reply.status), *(f"{name}: {value}".encode("latin-1") for name, value in pairs))


@lru_cache(maxsize=64)
def _status_line(status: int) -> bytes:
    try:
        reason = HTTPStatus(status).phrase
    except ValueError:  # providers use numbers that nobody registered, 529 among them
        reason = "Overloaded" if status == 529 else "Unknown"
    return f"HTTP/1.1 {status} {reason}".encode()
