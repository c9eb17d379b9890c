"""A request's head is one request with one framing, whatever its headers are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import UpstreamUnreachable
from headgate.core.ports import Deadlines, Headers, Origin
from headgate.upstream import request
from headgate.upstream.request import HttpCall

ORIGIN = Origin("https", "api.example.com", 443)
LINES = request.origin_lines(ORIGIN)


def call(headers: Headers, method: bytes = b"POST", target: bytes = b"/v1", body: bytes = b"{}") -> HttpCall:
    return HttpCall(ORIGIN, method, target, headers, body, Deadlines())


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        (Origin("https", "api.example.com", 443), b"api.example.com"),
        (Origin("http", "api.example.com", 80), b"api.example.com"),
        (Origin("http", "api.example.com", 443), b"api.example.com:443"),
        (Origin("http", "::1", 8000), b"[::1]:8000"),
        (Origin("http", "[::1]", 80), b"[::1]"),
        (Origin("https", "bücher.example", 8443), b"xn--bcher-kva.example:8443"),
    ],
)
def test_the_host_is_written_as_the_origin_is_reached(origin: Origin, host: bytes) -> None:
    assert request.origin_lines(origin) == b" HTTP/1.1\r\nhost: " + host + b"\r\naccept-encoding: identity\r\n"


def test_a_host_that_cannot_be_a_name_is_unreachable() -> None:
    with pytest.raises(UpstreamUnreachable, match="not a host name"):
        request.origin_lines(Origin("https", "bü..cher", 443))


@pytest.mark.parametrize(
    ("method", "body", "length"),
    [(b"POST", b"", b"content-length: 0\r\n"), (b"GET", b"", b""), (b"GET", b"{}", b"content-length: 2\r\n"), (b"HEAD", b"", b"")],
)
def test_a_length_is_announced_where_a_body_may_be_expected(method: bytes, body: bytes, length: bytes) -> None:
    assert request.head(call([(b"a", b"1")], method, b"/v1", body), LINES) == method + b" /v1" + LINES + b"a: 1\r\n" + length + b"\r\n"
    assert request.head(call([], method, b"/v1", body), LINES) == method + b" /v1" + LINES + length + b"\r\n"


@pytest.mark.parametrize("bad", [b"\r", b"\n", b"\0", b"\r\n", b"\r\nx: 1", b"\n\nGET / HTTP/1.1\n\n"])
@pytest.mark.parametrize("place", ["name", "value", "method", "target"])
def test_line_ends_and_nul_are_refused_wherever_they_are(bad: bytes, place: str) -> None:
    text = b"a" + bad + b"b"
    calls = {
        "name": call([(text, b"1")]),
        "value": call([(b"a", text)]),
        "method": call([], method=text),
        "target": call([], target=text),
    }
    with pytest.raises(ValueError, match="CR, LF or NUL"):
        request.head(calls[place], LINES)


@pytest.mark.parametrize(("method", "target"), [(b"POST", b""), (b"", b"/"), (b"POST", b"/a b"), (b"POST /x", b"/")])
def test_method_and_target_are_one_word_each(method: bytes, target: bytes) -> None:
    with pytest.raises(ValueError, match="spaces"):
        request.head(call([], method, target), LINES)


@pytest.mark.parametrize("name", [b"host", b"content-length", b"transfer-encoding", b"connection", b"accept-encoding"])
def test_headers_that_the_transport_writes_are_refused(name: bytes) -> None:
    with pytest.raises(ValueError, match="written by the transport"):
        request.head(call([(b"a", b"1"), (name, b"1")]), LINES)


text = st.binary(max_size=12) | st.sampled_from([b"\r\n", b"a", b"", b"x\r", b"\n\r", b"\0"])


@given(headers=st.lists(st.tuples(text, text), max_size=5), target=text)
def test_a_head_has_the_lines_we_wrote_or_is_refused(headers: Headers, target: bytes) -> None:
    try:
        head = request.head(call(headers, target=target), LINES)
    except ValueError:
        return
    first, *lines = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
    assert first == b"POST " + target + b" HTTP/1.1"
    assert lines == [
        *(b"host: api.example.com", b"accept-encoding: identity"),
        *(name + b": " + value for name, value in headers),
        b"content-length: 2",
    ]
    assert b"\r" not in head.replace(b"\r\n", b"") and b"\n" not in head.replace(b"\r\n", b"")
