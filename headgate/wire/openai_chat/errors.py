"""Errors as OpenAI's clients read them: statuses they turn into their own exception types, and all four members of the body."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from headgate.core.errors import HeadgateError, Kind
from headgate.core.ports import Headers
from headgate.wire import failure, hints

WORDS: dict[Kind, tuple[int, str]] = {
    "bad_request": (400, "invalid_request_error"),
    "unauthenticated": (401, "invalid_request_error"),
    "forbidden": (403, "invalid_request_error"),
    "not_found": (404, "invalid_request_error"),
    "method_not_allowed": (405, "invalid_request_error"),
    "too_slow": (408, "invalid_request_error"),
    "too_large": (413, "invalid_request_error"),
    "rate_limited": (429, "rate_limit_error"),
    "internal": (500, "server_error"),
    "upstream_failed": (502, "server_error"),
    "unavailable": (503, "service_unavailable_error"),
    "overloaded": (503, "service_unavailable_error"),
    "timeout": (504, "server_error"),
}
"""Kind of error → status and type."""


class _Inner(Struct):
    message: str
    type: str | None = None


class _Outer(Struct):
    error: _Inner


_OUTER = msgspec.json.Decoder(_Outer)


def write(error: HeadgateError, request_id: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body. The request id has no place in this body; it travels in a header."""
    status, _ = WORDS[error.kind]
    return status, hints.headers(error), _body(error)


def write_event(error: HeadgateError, request_id: str) -> bytes:
    """The event that ends a stream in failure: clients raise on it, and no `[DONE]` follows."""
    return b"data: " + _body(error) + b"\n\n"


def is_error(body: bytes) -> bool:
    """Whether a client of this format can read this body as an error."""
    return failure.fits(_OUTER, body)


def _body(error: HeadgateError) -> bytes:
    _, kind = WORDS[error.kind]
    return msgspec.json.encode({"error": {"message": hints.text(error.message), "type": kind, "param": error.param, "code": error.code}})
