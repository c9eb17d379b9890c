"""Anthropic's errors, headers and models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from headgate.simulator.dialect import ID_SLOT, Dialect, Known, Pairs, Refused

ERRORS = {
    400: Known("invalid_request_error", None, "The request is not valid."),
    401: Known("authentication_error", None, "invalid x-api-key"),
    402: Known("billing_error", None, "There is an issue with your billing."),
    403: Known("permission_error", None, "Your API key does not have permission to use this resource."),
    404: Known("not_found_error", None, "Not found"),
    405: Known("invalid_request_error", None, "Method Not Allowed"),
    409: Known("conflict_error", None, "The resource is in use."),
    413: Known("request_too_large", None, "Request exceeds the maximum size"),
    429: Known("rate_limit_error", None, "This request would exceed your organization's rate limit.", 1),
    500: Known("api_error", None, "Internal server error"),
    502: Known("api_error", None, "Bad gateway"),
    503: Known("api_error", None, "Service unavailable"),
    504: Known("timeout_error", None, "Request timed out"),
    529: Known("overloaded_error", None, "Overloaded"),
}

MODELS = {
    "claude-sonnet-4-5": ("Claude Sonnet 4.5", "2025-09-29T00:00:00Z"),
    "claude-haiku-4-5": ("Claude Haiku 4.5", "2025-10-15T00:00:00Z"),
    "claude-opus-4-1": ("Claude Opus 4.1", "2025-08-05T00:00:00Z"),
}

_REQUESTS, _TOKENS = 10_000, 2_000_000


def _error_body(known: Known, cause: Refused) -> bytes:
    error: dict[str, Any] = {"type": known.type, "message": cause.message or known.message}
    if cause.code:
        error["details"] = {"error_code": cause.code}
    return msgspec.json.encode({"type": "error", "error": error, "request_id": f"req_{ID_SLOT.decode()}"})


def _error_event(code: str) -> bytes:
    body = {"type": "error", "error": {"type": code or "overloaded_error", "message": "Overloaded"}}
    return b"event: error\ndata: " + msgspec.json.encode(body) + b"\n\n"


def _retry_headers(status: int, wait_s: int | None) -> Pairs:
    worth_it = ("x-should-retry", "true" if status in (408, 409, 429) or status >= 500 else "false")
    return (worth_it,) if wait_s is None else (("retry-after", str(wait_s)), worth_it)


def _headers(now_s: int) -> Pairs:
    reset = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    limits = (
        ("requests", _REQUESTS, _REQUESTS - 1 - now_s % 60),
        ("tokens", _TOKENS, _TOKENS - 1_000),
        ("input-tokens", _TOKENS, _TOKENS - 1_000),
        ("output-tokens", _TOKENS // 5, _TOKENS // 5),
    )
    spoken = [("request-id", f"req_{ID_SLOT.decode()}"), ("anthropic-organization-id", "5b4f7e4e-0000-4000-8000-51a1a7ed0000")]
    for what, most, left in limits:
        spoken += [
            (f"anthropic-ratelimit-{what}-limit", str(most)),
            (f"anthropic-ratelimit-{what}-remaining", str(left)),
            (f"anthropic-ratelimit-{what}-reset", reset),
        ]
    return tuple(spoken)


def _model(id: str) -> dict[str, Any]:
    name, created = MODELS[id]
    return {"type": "model", "id": id, "display_name": name, "created_at": created, "max_input_tokens": 200_000, "max_tokens": 64_000}


def _listed() -> bytes:
    ids = list(MODELS)
    return msgspec.json.encode({"data": [_model(id) for id in ids], "has_more": False, "first_id": ids[0], "last_id": ids[-1]})


def _shown(id: str) -> bytes:
    if id not in MODELS:
        raise Refused(404, f"model: {id}")
    return msgspec.json.encode(_model(id))


def _wrong_shape(missing: str, path: str) -> Refused:
    if missing:
        return Refused(400, f"{path + '.' if path else ''}{missing}: Field required")
    return Refused(400, f"{path or 'body'}: Input should be a valid value")


ANTHROPIC = Dialect(
    name="anthropic",
    errors=ERRORS,
    error_body=_error_body,
    retry_headers=_retry_headers,
    error_event=_error_event,
    unknown_event=b'event: future_event\ndata: {"type":"future_event","x_future":[1,2.50]}\n\n',
    headers=_headers,
    listed=_listed,
    shown=_shown,
    unknown_route=lambda _method, _path: Refused(404, "Not found"),
    wrong_shape=_wrong_shape,
    not_json="The request body is not valid JSON.",
    no_key="x-api-key header is required",
    wrong_key="invalid x-api-key",
    needed_headers=("anthropic-version",),
)
