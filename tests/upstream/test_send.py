"""A client's request as a call: which headers go on, which do not, and what a provider's status means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from headgate.core.errors import UpstreamError, UpstreamOverloaded, UpstreamRateLimited, UpstreamRefusedCredential
from headgate.core.ports import Deadlines, Deployment, Headers
from headgate.upstream import request, send
from tests.support.exchange import FakeExchange
from tests.support.inside import anthropic, openai

ONE = Deployment("sim-openai/m", openai(80, Deadlines()), "m", 1, None)
OTHER = Deployment("sim-anthropic/m", anthropic(80, Deadlines()), "m", 1, None)


def sent(*headers: tuple[bytes, bytes], deployment: Deployment = ONE, codec: str = "openai_chat", query: bytes = b"") -> Headers:
    call = send.call(FakeExchange(list(headers), query=query), deployment, codec, b"{}")
    request.head(call, request.origin_lines(call.origin))  # which refuses what is not one request
    return call.headers


WITHHELD = [
    # one connection's own
    *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection", "http2-settings"),
    # framing
    *("host", "content-length", "accept-encoding", "content-encoding", "expect"),
    # credentials for the gateway
    *("authorization", "x-api-key", "api-key", "x-goog-api-key", "cookie", "proxy-authorization"),
    # where the client is
    *("forwarded", "via", "x-real-ip", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-port", "origin", "referer"),
    # words to the gateway
    *("x-headgate-session", "x-headgate-user", "x-headgate-tags"),
]
PASSED = [
    *("accept", "user-agent", "anthropic-version", "anthropic-beta", "openai-organization", "openai-project"),
    *("idempotency-key", "traceparent", "tracestate", "x-stainless-lang", "x-request-id", "x-anything", "x-sim", "accept-language"),
]


@pytest.mark.parametrize("name", WITHHELD)
def test_a_header_that_is_not_the_providers_business_stays_here(name: str) -> None:
    value = b"client's own"
    assert value not in [said for _, said in sent((name.encode(), value))]


@pytest.mark.parametrize("name", PASSED)
def test_every_other_header_goes_on_as_it_came(name: str) -> None:
    assert (name.encode(), b"Some Value") in sent((name.encode(), b"Some Value"))


@pytest.mark.parametrize(
    ("said", "sent_on"),
    [
        (b"application/json; charset=utf-8", b"application/json; charset=utf-8"),
        (b"application/vnd.api+JSON", b"application/vnd.api+JSON"),
        (b"application/x-www-form-urlencoded", b"application/json"),
        (b"text/plain", b"application/json"),
    ],
)
def test_a_body_that_was_read_as_json_is_called_json(said: bytes, sent_on: bytes) -> None:
    assert (b"content-type", sent_on) in sent((b"content-type", said))


def test_headers_keep_their_order_and_repetitions() -> None:
    own = [(b"x-b", b"1"), (b"x-a", b"2"), (b"x-b", b"3")]
    assert sent(*own)[:3] == own


@pytest.mark.parametrize(
    ("connection", "stays"),
    [(b"x-one", True), (b"close, X-One", True), (b"keep-alive,x-one ", True), (b"close", False), (b"Keep-Alive", False)],
)
def test_a_header_that_connection_names_is_about_the_connection_only(connection: bytes, stays: bool) -> None:
    assert ((b"x-one", b"1") not in sent((b"connection", connection), (b"x-one", b"1"))) is stays


def test_the_gateways_credential_takes_the_place_of_the_clients() -> None:
    assert sent((b"authorization", b"Bearer hg-x-y")) == [(b"authorization", b"Bearer sim-key")]
    configured = replace(ONE, provider=replace(ONE.provider, authorize=((b"authorization", b"Bearer k"), (b"openai-project", b"ours"))))
    assert sent((b"openai-project", b"theirs"), deployment=configured) == [(b"authorization", b"Bearer k"), (b"openai-project", b"ours")]


def test_a_default_is_sent_only_where_the_client_said_nothing() -> None:
    version = (b"anthropic-version", b"2023-01-01")
    assert sent(deployment=OTHER, codec="anthropic_messages") == [(b"x-api-key", b"sim-key"), (b"anthropic-version", b"2023-06-01")]
    assert sent(version, deployment=OTHER, codec="anthropic_messages") == [version, (b"x-api-key", b"sim-key")]


def test_the_target_is_the_providers_path_with_the_clients_query() -> None:
    call = send.call(FakeExchange(query=b"?beta=true&x"), OTHER, "anthropic_count_tokens", b"body")
    assert (call.method, call.target, call.body) == (b"POST", b"/v1/messages/count_tokens?beta=true&x", b"body")
    assert call.origin == OTHER.provider.origin and call.deadlines == OTHER.provider.deadlines


def test_a_header_that_the_providers_connection_names_ends_here_too() -> None:
    theirs = [(b"connection", b"keep-alive, X-Hop"), (b"x-hop", b"1"), (b"x-kept", b"2")]
    assert send.passed_back(theirs) == [(b"x-kept", b"2")]


def test_what_only_the_gateway_says_is_not_taken_from_a_provider() -> None:
    theirs = [
        *((b"content-type", b"application/json"), (b"x-request-id", b"r1"), (b"retry-after", b"1"), (b"openai-organization", b"o")),
        *((b"connection", b"close"), (b"transfer-encoding", b"chunked"), (b"content-length", b"5"), (b"set-cookie", b"a"), (b"date", b"x")),
        *((b"server", b"x"), (b"x-headgate-request-id", b"forged"), (b"x-headgate-cost-usd", b"0"), (b"server-timing", b"x")),
        *((b"x-headgate-deployment", b"forged"), (b"x-headgate-attempts", b"9"), (b"alt-svc", b"h3"), (b"strict-transport-security", b"x")),
    ]
    assert send.passed_back(theirs) == theirs[:4]


STATUSES = {
    **dict.fromkeys((200, 201, 204, 302, 399), None),
    **dict.fromkeys((400, 404, 405, 406, 413, 415, 422, 451), None),
    **dict.fromkeys((401, 402, 403), UpstreamRefusedCredential),
    429: UpstreamRateLimited,
    **dict.fromkeys((503, 529), UpstreamOverloaded),
    **dict.fromkeys((408, 409, 425, 498, 500, 501, 502, 504, 520, 599), UpstreamError),
}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_means_what_the_table_says(status: int) -> None:
    error = send.refusal(status, "acme", [(b"retry-after", b"3")])
    assert (None if error is None else type(error)) is STATUSES[status]
    if error is not None:
        assert "acme" in error.message
        assert error.retryable is (status not in send.CREDENTIAL_STATUSES)
        assert error.retry_after_s == (3 if error.retryable else None)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (b"0", 0),
        (b"7", 7),
        (b"99999", 99_999),
        (b"100000", None),
        (b"-1", None),
        (b"1.5", None),
        (b"+5", None),
        (b" 5", None),
        (b"5s", None),
        (b"", None),
        (b"Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("٣".encode(), None),
    ],
)
def test_seconds_to_wait_are_read_only_from_plain_digits(value: bytes, seconds: int | None) -> None:
    assert send.retry_after_s([(b"x", b"1"), (b"retry-after", value)]) == seconds
    assert send.retry_after_s([]) is None
