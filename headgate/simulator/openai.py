"""OpenAI's errors, headers and models."""

from __future__ import annotations

from typing import Any

import msgspec

from headgate.simulator.dialect import ID_SLOT, Dialect, Known, Pairs, Refused

ERRORS = {
    400: Known("invalid_request_error", None, "We could not understand your request."),
    401: Known("invalid_request_error", "invalid_api_key", "Incorrect API key provided."),
    403: Known("invalid_request_error", "unsupported_country_region_territory", "Country, region, or territory not supported"),
    404: Known("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    405: Known("invalid_request_error", "method_not_supported", "Not allowed on this path."),
    408: Known("server_error", "request_timeout", "The request took too long."),
    409: Known("invalid_request_error", "conflict", "The resource is in use."),
    413: Known("invalid_request_error", "request_too_large", "The request body is too large."),
    422: Known("invalid_request_error", None, "The request was well formed but could not be followed."),
    429: Known("requests", "rate_limit_exceeded", "Rate limit reached for requests. Please try again in 1s.", 1),
    500: Known("server_error", None, "The server had an error while processing your request. Sorry about that!"),
    502: Known("server_error", None, "Bad gateway."),
    503: Known("service_unavailable_error", "server_is_overloaded", "The engine is currently overloaded, please try again later.", 1),
    504: Known("server_error", None, "The server did not answer in time."),
}
_QUOTA = ("insufficient_quota", "credit_balance_exhausted", "organization_spend_limit_exceeded", "project_spend_limit_exceeded")
_TYPE_OF_CODE = {"slow_down": "rate_limit_error", **dict.fromkeys(_QUOTA, "insufficient_quota")}

MODELS = {
    "gpt-4.1": 1_744_316_542,
    "gpt-4.1-mini": 1_744_318_173,
    "gpt-4o": 1_715_367_049,
    "gpt-4o-mini": 1_721_172_741,
    "o4-mini": 1_744_225_351,
    "text-embedding-3-small": 1_705_948_997,
    "text-embedding-3-large": 1_705_953_180,
}

_REQUESTS, _TOKENS = 10_000, 2_000_000


def _error_body(known: Known, cause: Refused) -> bytes:
    code = cause.code or known.code
    kind = _TYPE_OF_CODE.get(code or "", known.type)
    return msgspec.json.encode({"error": {"message": cause.message or known.message, "type": kind, "param": cause.param, "code": code}})


def _error_event(code: str) -> bytes:
    body = {"message": ERRORS[500].message, "type": "server_error", "param": None, "code": code or None}
    return b"data: " + msgspec.json.encode({"error": body}) + b"\n\n"


def _retry_headers(_status: int, wait_s: int | None) -> Pairs:
    return () if wait_s is None else (("retry-after", str(wait_s)), ("retry-after-ms", str(wait_s * 1000)))


def _headers(now_s: int) -> Pairs:
    return (
        ("x-request-id", f"req_{ID_SLOT.decode()}"),
        ("openai-processing-ms", "12"),
        ("openai-version", "2020-10-01"),
        ("openai-organization", "org-simulated"),
        ("x-ratelimit-limit-requests", str(_REQUESTS)),
        ("x-ratelimit-limit-tokens", str(_TOKENS)),
        ("x-ratelimit-remaining-requests", str(_REQUESTS - 1 - now_s % 60)),
        ("x-ratelimit-remaining-tokens", str(_TOKENS - 600)),
        ("x-ratelimit-reset-requests", "6ms"),
        ("x-ratelimit-reset-tokens", "18ms"),
    )


def _model(id: str) -> dict[str, Any]:
    return {"id": id, "object": "model", "created": MODELS[id], "owned_by": "system"}


def _listed() -> bytes:
    return msgspec.json.encode({"object": "list", "data": [_model(id) for id in MODELS]})


def _shown(id: str) -> bytes:
    if id not in MODELS:
        raise Refused(404, f"The model '{id}' does not exist", code="model_not_found", param="model")
    return msgspec.json.encode(_model(id))


def _wrong_shape(missing: str, path: str) -> Refused:
    if missing == "model":
        return Refused(400, "you must provide a model parameter")
    if missing:
        return Refused(400, f"Missing required parameter: '{missing}'.", code="missing_required_parameter", param=missing)
    return Refused(400, f"Invalid type for '{path or 'body'}'.", code="invalid_type", param=path or None)


OPENAI = Dialect(
    name="openai",
    errors=ERRORS,
    error_body=_error_body,
    retry_headers=_retry_headers,
    error_event=_error_event,
    unknown_event=b'data: {"id":"chatcmpl-future","object":"chat.completion.future","choices":[],"x_future":[1,2.50]}\n\n',
    headers=_headers,
    listed=_listed,
    shown=_shown,
    unknown_route=lambda method, path: Refused(404, f"Invalid URL ({method} {path})", code="unknown_url"),
    wrong_shape=_wrong_shape,
    not_json="We could not parse the JSON body of your request.",
    no_key="You didn't provide an API key. You need to provide it in an Authorization header using Bearer auth.",
    wrong_key="Incorrect API key provided: ********.",
)
