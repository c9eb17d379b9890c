"""Everything that can go wrong with a request: whose fault it is, what to do, and whether trying again helps.

An error is spoken in the caller's dialect: `wire/<format>` maps `kind` to that dialect's status and type. `code` is stable.
"""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

Kind = Literal[
    "bad_request",
    "unauthenticated",
    "forbidden",
    "not_found",
    "method_not_allowed",
    "too_large",
    "too_slow",
    "rate_limited",
    "upstream_failed",
    "overloaded",
    "timeout",
    "unavailable",
    "internal",
]


class HeadgateError(Exception):
    """A refusal or failure with a sentence for the caller that says what to do."""

    kind: ClassVar[Kind] = "internal"
    code: str = "internal_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, param: str | None = None, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.retry_after_s = retry_after_s


class CallerError(HeadgateError):
    """The request must change before it can succeed."""

    kind = "bad_request"


class BadRequest(CallerError):
    """The body or a header is not what the route takes; `param` is the JSON path of the field."""

    code = "invalid_value"


class InvalidJson(BadRequest):
    code = "invalid_json"


class UnsupportedEncoding(BadRequest):
    """`Content-Encoding` is unknown, or the body is not what it says."""

    code = "request_body_encoding_invalid"


class NotServedHere(BadRequest):
    """The model is there, but not on this route."""

    code = "model_not_served_on_this_route"


class Unauthenticated(CallerError):
    kind, code = "unauthenticated", "invalid_api_key"


class ModelNotFound(CallerError):
    kind, code = "not_found", "model_not_found"


class RouteNotFound(CallerError):
    kind, code = "not_found", "unknown_route"


class MethodNotAllowed(CallerError):
    kind, code = "method_not_allowed", "method_not_allowed"


class BodyTooLarge(CallerError):
    kind, code = "too_large", "request_too_large"


class BodyTooSlow(CallerError):
    kind, code, retryable = "too_slow", "request_timeout", True


class ProviderAnswer(NamedTuple):
    """A provider's own refusal: status, headers, body."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes


class UpstreamError(HeadgateError):
    """The provider, or the way to it, failed."""

    kind, code, retryable = "upstream_failed", "upstream_error", True
    answer: ProviderAnswer | None = None
    """What the provider itself said, in the caller's dialect: passed on when no other attempt helps."""


class UpstreamUnreachable(UpstreamError):
    code = "upstream_unreachable"


class EgressRefused(UpstreamError):
    """The provider's name resolves to an address that the configuration does not allow."""

    code, retryable = "upstream_address_refused", False


class UpstreamReset(UpstreamError):
    """The connection ended before the answer began."""

    code = "upstream_reset"


class UpstreamCut(UpstreamError):
    """The answer began and then broke off."""

    code = "upstream_truncated"


class UpstreamGarbage(UpstreamError):
    """The provider sent bytes that are not its own format."""

    code = "upstream_garbage"


class UpstreamTimeout(UpstreamError):
    """A deadline passed; `which` is connect, first_byte, first_content, between_chunks or total."""

    kind = "timeout"

    def __init__(self, which: str, limit_ms: int) -> None:
        super().__init__(f"The provider did not answer in time: the {which.replace('_', ' ')} deadline of {limit_ms} ms passed.")
        self.which = which
        self.code = f"upstream_timeout_{which}"


class UpstreamRefusedCredential(UpstreamError):
    """The provider refused the gateway's own credential: never the caller's fault."""

    code, retryable = "upstream_auth", False


class UpstreamOverloaded(UpstreamError):
    kind, code = "overloaded", "upstream_overloaded"


class UpstreamRateLimited(UpstreamError):
    kind, code = "rate_limited", "upstream_rate_limited"


class JournalUnavailable(HeadgateError):
    """The journal cannot be written, and nothing is served unrecorded."""

    kind, code, retryable = "unavailable", "journal_unavailable", True


class GatewayStopping(HeadgateError):
    """The gateway was told to stop, and the grace period is over."""

    kind, code, retryable = "unavailable", "gateway_stopping", True


class ConfigError(Exception):
    """The configuration cannot be used; the message says file, line and what to write instead."""
