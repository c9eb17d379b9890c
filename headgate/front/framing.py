"""Which request heads are refused before anything reads them (law X6).

llhttp, strict, already refuses broken syntax: bad tokens, control characters, bare LF, obsolete line folding, content-length beside
transfer-encoding, lengths that are no number, two lengths, bad chunk sizes. Here is what it lets through and RFC 9112 does not, or what two
servers in a row could read in two ways.
"""

from __future__ import annotations

import re

from headgate.core.ports import Headers

HEAD_LIMIT_BYTES = 65_536
HEADER_COUNT_LIMIT = 200
TOO_LARGE = (431, f"The request head is larger than {HEAD_LIMIT_BYTES} bytes.")

_HOST = re.compile(rb"[A-Za-z0-9._~!$&'()*+,;=%\[\]:-]*")
_SINGLE = frozenset((b"host", b"content-length", b"transfer-encoding", b"content-type", b"content-encoding", b"expect"))
_UNUSUAL = frozenset((b"transfer-encoding", b"expect"))


def flaw(version: str, url: bytes, headers: Headers, names: dict[bytes, bytes]) -> tuple[int, str] | None:
    """Why this head is refused, as status and sentence; None when it is sound. `names` is `dict(headers)`."""
    if version not in ("1.1", "1.0"):
        return 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here."
    if not url.startswith(b"/") or url.find(b"#") >= 0:
        return 400, "The request target must be a path that starts with '/', without a fragment."
    if len(names) != len(headers):
        for name in _SINGLE & names.keys():
            if sum(1 for other, _ in headers if other == name) > 1:
                return 400, f"The header '{name.decode()}' was sent more than once."
    host = names.get(b"host", b"" if version == "1.0" else None)
    if host is None or not _HOST.fullmatch(host):
        return 400, "An HTTP/1.1 request needs a Host header that is a host name."
    if len(headers) > HEADER_COUNT_LIMIT:
        return 431, f"Too many headers: at most {HEADER_COUNT_LIMIT} are read."
    return _unusual_flaw(version, names) if not _UNUSUAL.isdisjoint(names) else None


def size_flaw(url: bytes, headers: Headers) -> tuple[int, str] | None:
    """Why a head is refused by its size. Asked only when so much has been read that it may be."""
    size = len(url) + sum(len(name) + len(value) for name, value in headers)
    return TOO_LARGE if size > HEAD_LIMIT_BYTES else None


def _unusual_flaw(version: str, names: dict[bytes, bytes]) -> tuple[int, str] | None:
    coding = names.get(b"transfer-encoding")
    if coding is not None:
        if version == "1.0":
            return 400, "Transfer-Encoding has no meaning in HTTP/1.0."
        if b"content-length" in names:
            return 400, "Content-Length and Transfer-Encoding were both sent."
        if coding.lower() != b"chunked":
            return 501, "The only transfer coding read here is 'chunked'."
    if names.get(b"expect", b"100-continue").lower() != b"100-continue":
        return 417, "The only expectation known here is '100-continue'."
    return None
