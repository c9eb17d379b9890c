"""Request heads that are refused before anything reads them, as a table; tests/front/attacks.py feeds them raw."""

from __future__ import annotations

import pytest

from headgate.core.ports import Headers
from headgate.front import framing

HOST = (b"host", b"gateway")


def flaw(*headers: tuple[bytes, bytes], version: str = "1.1", url: bytes = b"/v1/models") -> int | None:
    found = framing.flaw(version, url, list(headers), dict(headers))
    return None if found is None else found[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((HOST,), None),
        ((HOST, (b"content-length", b"0")), None),
        ((HOST, (b"transfer-encoding", b"Chunked")), None),
        ((HOST, (b"expect", b"100-Continue")), None),
        ((HOST, (b"x", b"1"), (b"x", b"2")), None),
        (((b"host", b"[::1]:80"),), None),
        ((), 400),
        (((b"host", b"a b"),), 400),
        (((b"host", b"a/b"),), 400),
        (((b"host", b"user@gateway"),), 400),
        (((b"host", b"a"), (b"host", b"a")), 400),
        ((HOST, (b"content-length", b"1"), (b"content-length", b"1")), 400),
        ((HOST, (b"content-type", b"a"), (b"content-type", b"b")), 400),
        ((HOST, (b"content-encoding", b"gzip"), (b"content-encoding", b"gzip")), 400),
        ((HOST, (b"expect", b"100-continue"), (b"expect", b"100-continue")), 400),
        ((HOST, (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")), 400),
        ((HOST, (b"transfer-encoding", b"chunked"), (b"content-length", b"1")), 400),
        ((HOST, (b"transfer-encoding", b"gzip, chunked")), 501),
        ((HOST, (b"transfer-encoding", b"identity")), 501),
        ((HOST, (b"expect", b"200-ok")), 417),
        ((HOST, *((b"x-%d" % number, b"") for number in range(framing.HEADER_COUNT_LIMIT))), 431),
    ],
)
def test_headers_are_taken_or_refused_by_the_table(headers: tuple[tuple[bytes, bytes], ...], status: int | None) -> None:
    assert flaw(*headers) == status


@pytest.mark.parametrize(
    ("version", "url", "status"),
    [
        ("1.1", b"/", None),
        ("1.0", b"/", None),
        ("2.0", b"/", 505),
        ("0.9", b"/", 505),
        ("1.1", b"*", 400),
        ("1.1", b"http://gateway/v1/models", 400),
        ("1.1", b"gateway:443", 400),
        ("1.1", b"/a#b", 400),
        ("1.1", b"", 400),
    ],
)
def test_version_and_target_are_taken_or_refused_by_the_table(version: str, url: bytes, status: int | None) -> None:
    assert flaw(HOST, version=version, url=url) == status


def test_the_older_version_needs_no_host_and_knows_no_chunks() -> None:
    assert flaw(version="1.0") is None
    assert flaw((b"transfer-encoding", b"chunked"), version="1.0") == 400


def test_a_head_is_measured_with_its_target_names_and_values() -> None:
    headers: Headers = [(b"x" * 10, b"y" * (framing.HEAD_LIMIT_BYTES - 15))]
    assert framing.size_flaw(b"/1234", headers) is None
    assert framing.size_flaw(b"/12345", headers) == framing.TOO_LARGE
    assert framing.TOO_LARGE[0] == 431 and str(framing.HEAD_LIMIT_BYTES) in framing.TOO_LARGE[1]
