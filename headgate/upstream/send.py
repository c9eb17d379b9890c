"""A client's request as a call to a provider, and a provider's refusal as an error of ours."""

from __future__ import annotations

import re

from headgate.core.errors import (
    UpstreamError,
    UpstreamOverloaded,
    UpstreamRateLimited,
    UpstreamRefusedCredential,
)
from headgate.core.ports import Deployment, Exchange, Headers
from headgate.upstream.transport import HttpCall

HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"proxy-connection"))
"""Headers about one connection only (RFC 9110 §7.6.1)."""

NAMES_NOTHING = frozenset((b"keep-alive", b"close"))
"""What `connection` nearly always says; anything else names headers that are about this connection only."""

NOT_SENT_ON = HOP_BY_HOP | frozenset(
    (
        # the transport writes its own
        *(b"host", b"content-length", b"accept-encoding", b"content-encoding", b"expect", b"http2-settings"),
        # the caller's credentials, which are for the gateway
        *(b"authorization", b"x-api-key", b"api-key", b"x-goog-api-key", b"cookie", b"proxy-authorization", b"proxy-authenticate"),
        # where the caller is, which is nobody's business upstream
        *(b"forwarded", b"via", b"x-real-ip", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port"),
        *(b"x-forwarded-prefix", b"x-forwarded-server", b"origin", b"referer", b"anthropic-dangerous-direct-browser-access"),
        # words to the gateway
        *(b"x-headgate-session", b"x-headgate-user", b"x-headgate-tags"),
    )
)

NOT_PASSED_BACK = HOP_BY_HOP | frozenset(
    (
        *(b"content-length", b"set-cookie", b"server", b"date", b"via", b"alt-svc", b"strict-transport-security"),
        # only the gateway says these
        *(b"x-headgate-request-id", b"x-headgate-deployment", b"x-headgate-attempts", b"x-headgate-cost-usd", b"server-timing"),
    )
)


JSON = b"application/json"

CREDENTIAL_STATUSES = frozenset((401, 402, 403))
"""Statuses about the gateway's own credential: what the provider says then is not for the caller."""


def call(exchange: Exchange, deployment: Deployment, codec: str, body: bytes) -> HttpCall:
    """What goes to the provider: the caller's headers but for those that are not its business, and the gateway's credential."""
    provider = deployment.provider
    withheld = NOT_SENT_ON
    connection = exchange.header(b"connection")
    if connection is not None and (connection.lower() not in NAMES_NOTHING or exchange.repeats(b"connection")):
        withheld |= named_by_connection(exchange.headers)
    headers: Headers = [header for header in exchange.headers if header[0] not in withheld]
    for name, _ in provider.authorize:
        if exchange.header(name) is not None and name not in withheld:
            headers = [header for header in headers if header[0] != name]
    if exchange.header(b"content-type") != JSON:
        headers = as_json(headers)
    headers += provider.authorize
    headers += [header for header in provider.defaults if exchange.header(header[0]) is None or header[0] in withheld]
    return HttpCall(provider.origin, b"POST", provider.paths[codec].encode() + exchange.query, headers, body, provider.deadlines)


def as_json(headers: Headers) -> Headers:
    """The headers with a content type of JSON, as which the body was read: curl calls everything a form, and providers refuse that."""
    return [(name, value if name != b"content-type" or b"json" in value.lower() else JSON) for name, value in headers]


def named_by_connection(headers: Headers) -> frozenset[bytes]:
    """The headers that are about this connection only because `connection`, sent once or more often, says so."""
    return frozenset(token.strip().lower() for name, value in headers if name == b"connection" for token in value.split(b","))


def passed_back(headers: Headers) -> Headers:
    """The provider's answer headers that the client gets to see."""
    withheld = NOT_PASSED_BACK
    if dict(headers).get(b"connection", b"close").lower() not in NAMES_NOTHING:
        withheld |= named_by_connection(headers)
    return [header for header in headers if header[0] not in withheld]


def refusal(status: int, provider: str, headers: Headers) -> UpstreamError | None:
    """What a provider's status means for the request; None where its own answer is to be passed on."""
    if status < 400:
        return None
    if status in CREDENTIAL_STATUSES:
        return UpstreamRefusedCredential(
            f"The provider {provider!r} refused the gateway's own credential (status {status}). An administrator must look at it; "
            "your key is fine."
        )
    if status == 429:
        return UpstreamRateLimited(
            f"The provider {provider!r} is limiting its rate. Try again later.", retry_after_s=retry_after_s(headers)
        )
    if status in (503, 529):
        return UpstreamOverloaded(f"The provider {provider!r} is overloaded. Try again later.", retry_after_s=retry_after_s(headers))
    if status >= 500 or status in (408, 409, 425, 498):
        return UpstreamError(f"The provider {provider!r} failed with status {status}.", retry_after_s=retry_after_s(headers))
    return None


def retry_after_s(headers: Headers) -> int | None:
    """Seconds from `retry-after`; None where it is absent, a date, or absurd."""
    for name, value in headers:
        if name == b"retry-after" and re.fullmatch(rb"[0-9]{1,5}", value):
            return int(value)
    return None
