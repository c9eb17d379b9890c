"""Errors as Anthropic's clients read them: statuses they turn into their own exception types, and the body of the real API."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import Struct

from headgate.core.errors import HeadgateError, Kind
from headgate.core.ports import Headers
from headgate.wire import failure, hints

WORDS: dict[Kind, tuple[int, str]] = {
    "bad_request": (400, "invalid_request_error"),
    "unauthenticated": (401, "authentication_error"),
    "forbidden": (403, "permission_error"),
    "not_found": (404, "not_found_error"),
    "method_not_allowed": (405, "invalid_request_error"),
    "too_slow": (408, "timeout_error"),
    "too_large": (413, "request_too_large"),
    "rate_limited": (429, "rate_limit_error"),
    "internal": (500, "api_error"),
    "upstream_failed": (500, "api_error"),
    "unavailable": (503, "api_error"),
    "timeout": (504, "timeout_error"),
    "overloaded": (529, "overloaded_error"),
}
"""Kind of error → status and type."""


class _Inner(Struct):
    type: str
    message: str


class _Outer(Struct):
    type: Literal["error"]
    error: _Inner


_OUTER = msgspec.json.Decoder(_Outer)


def write(error: HeadgateError, request_id: str) -> tuple[int, Headers, bytes]:
    """Status, headers and body."""
    status, _ = WORDS[error.kind]
    return status, hints.headers(error), _body(error, request_id)


def write_event(error: HeadgateError, request_id: str) -> bytes:
    """The event that ends a stream in failure; no `message_stop` follows."""
    return b"event: error\ndata: " + _body(error, request_id) + b"\n\n"


def is_error(body: bytes) -> bool:
    """Whether a client of this format can read this body as an error."""
    return failure.fits(_OUTER, body)


def _body(error: HeadgateError, request_id: str) -> bytes:
    _, kind = WORDS[error.kind]
    inner: dict[str, Any] = {"type": kind, "message": _message(error), "details": {"error_code": error.code}}
    return msgspec.json.encode({"type": "error", "error": inner, "request_id": request_id})


def _message(error: HeadgateError) -> str:
    """The sentence, beginning with the path of the field: this body has no other place for it."""
    message = hints.text(error.message)
    if error.param is None or error.kind != "bad_request" or message.startswith(error.param):
        return message
    return f"{hints.text(error.param)}: {message}"
