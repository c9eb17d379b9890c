"""Answers as bytes."""

from __future__ import annotations

import pytest

from headgate.front import outbound

TYPE = (b"content-type", b"text/plain")


@pytest.mark.parametrize(
    ("status", "line"), [(200, b"HTTP/1.1 200 OK\r\n"), (404, b"HTTP/1.1 404 Not Found\r\n"), (529, b"HTTP/1.1 529 \r\n")]
)
def test_every_status_has_a_line(status: int, line: bytes) -> None:
    assert outbound.status_line(status) == line


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("headers", [[], [TYPE], [TYPE, (b"x", b"1")]])
def test_a_whole_answer_is_framed_by_its_length(headers: list[tuple[bytes, bytes]], last: bool) -> None:
    answer = outbound.whole(200, headers, b"hello", last)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert body == b"hello"
    closing = [b"connection: close"] if last else []
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        *(b"%b: %b" % header for header in headers),
        *closing,
        b"content-length: 5",
    ]


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("last", [False, True])
def test_the_head_of_a_stream_says_how_it_ends(chunked: bool, last: bool) -> None:
    head = outbound.head(200, [TYPE], chunked, last)
    assert head.endswith(b"\r\n\r\n") and head.count(b"\r\n\r\n") == 1
    lines = head[:-4].split(b"\r\n")
    assert lines[:2] == [b"HTTP/1.1 200 OK", b"content-type: text/plain"]
    assert (b"transfer-encoding: chunked" in lines) is chunked and (b"connection: close" in lines) is last
