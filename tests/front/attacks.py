"""Malformed, conflicting and ambiguous requests, as bytes, with the status that refuses each (law X6)."""

from __future__ import annotations

from typing import NamedTuple

PATH = b"/v1/chat/completions"


class Attack(NamedTuple):
    name: str
    raw: bytes
    status: int


def post(*lines: bytes, body: bytes = b"{}", start: bytes = b"POST " + PATH + b" HTTP/1.1", host: bool = True) -> bytes:
    head = [start, *([b"Host: gateway"] if host else []), *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


CHUNKED = b"Transfer-Encoding: chunked"
SMUGGLED = b"GET /v1/models HTTP/1.1\r\nHost: gateway\r\n\r\n"


def chunked(body: bytes) -> bytes:
    return post(CHUNKED, body=body)


ATTACKS = [
    # lengths
    Attack("two different content-lengths", post(b"Content-Length: 2", b"Content-Length: 3"), 400),
    Attack("two equal content-lengths", post(b"Content-Length: 2", b"Content-Length: 2"), 400),
    Attack("content-length list", post(b"Content-Length: 2, 2"), 400),
    Attack("content-length list of different values", post(b"Content-Length: 2, 40"), 400),
    Attack("negative content-length", post(b"Content-Length: -2"), 400),
    Attack("signed content-length", post(b"Content-Length: +2"), 400),
    Attack("hexadecimal content-length", post(b"Content-Length: 0x2"), 400),
    Attack("content-length with a point", post(b"Content-Length: 2.0"), 400),
    Attack("content-length with an exponent", post(b"Content-Length: 2e0"), 400),
    Attack("content-length with letters after", post(b"Content-Length: 2abc"), 400),
    Attack("content-length with an inner space", post(b"Content-Length: 1 2"), 400),
    Attack("content-length in quotes", post(b'Content-Length: "2"'), 400),
    Attack("empty content-length", post(b"Content-Length: "), 400),
    Attack("content-length beyond 64 bits", post(b"Content-Length: 99999999999999999999999999"), 400),
    Attack("content-length with unicode digits", post("Content-Length: ２".encode()), 400),
    # length against coding
    Attack("length and chunked", post(b"Content-Length: 4", CHUNKED, body=b"0\r\n\r\n" + SMUGGLED), 400),
    Attack("chunked and length", post(CHUNKED, b"Content-Length: 4", body=b"0\r\n\r\n" + SMUGGLED), 400),
    Attack("length zero and chunked", post(b"Content-Length: 0", CHUNKED, body=b"2\r\n{}\r\n0\r\n\r\n"), 400),
    # codings
    Attack("two transfer-encodings", post(CHUNKED, CHUNKED, body=b"0\r\n\r\n"), 400),
    Attack("two different transfer-encodings", post(CHUNKED, b"Transfer-Encoding: identity", body=b"0\r\n\r\n"), 400),
    Attack("transfer-encoding identity", post(b"Transfer-Encoding: identity", b"X: y"), 501),
    Attack("transfer-encoding gzip", post(b"Transfer-Encoding: gzip"), 501),
    Attack("transfer-encoding gzip, chunked", post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), 501),
    Attack("transfer-encoding chunked, identity", post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"), 400),
    Attack("transfer-encoding chunked, chunked", post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), 400),
    Attack("transfer-encoding xchunked", post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n"), 501),
    Attack("transfer-encoding chunked with a parameter", post(b"Transfer-Encoding: chunked;q=1", body=b"0\r\n\r\n"), 501),
    Attack("transfer-encoding in quotes", post(b'Transfer-Encoding: "chunked"', body=b"0\r\n\r\n"), 501),
    Attack("transfer-encoding with a vertical tab", post(b"Transfer-Encoding: \x0bchunked", body=b"0\r\n\r\n"), 400),
    Attack("transfer-encoding with a comma", post(b"Transfer-Encoding: ,chunked", body=b"0\r\n\r\n"), 501),
    Attack("empty transfer-encoding", post(b"Transfer-Encoding:", b"X: y"), 400),
    Attack("chunked in HTTP/1.0", post(CHUNKED, body=b"0\r\n\r\n", start=b"POST " + PATH + b" HTTP/1.0"), 400),
    # chunks
    Attack("negative chunk size", chunked(b"-1\r\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk size with 0x", chunked(b"0x2\r\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk size beyond 64 bits", chunked(b"fffffffffffffffff2\r\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk size that is no number", chunked(b"zz\r\n{}\r\n0\r\n\r\n"), 400),
    Attack("empty chunk size", chunked(b"\r\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk size with a space before", chunked(b" 2\r\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk size with a space after", chunked(b"2 \r\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk size ended by LF", chunked(b"2\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk data longer than its size", chunked(b"1\r\n{}\r\n0\r\n\r\n"), 400),
    Attack("chunk data not ended by CRLF", chunked(b"2\r\n{}0\r\n\r\n"), 400),
    Attack("chunk data ended by LF", chunked(b"2\r\n{}\n0\r\n\r\n"), 400),
    Attack("chunk extension with a line feed", chunked(b"2;a\nb\r\n{}\r\n0\r\n\r\n"), 400),
    # header syntax
    Attack("space before the colon", post(b"Content-Length : 2"), 400),
    Attack("tab before the colon", post(b"Content-Length\t: 2"), 400),
    Attack("header line that begins with a space", post(b" Content-Length: 2"), 400),
    Attack("folded header", post(b"X-Long: a\r\n b", b"Content-Length: 2"), 400),
    Attack("folded transfer-encoding", post(b"Transfer-Encoding:\r\n chunked", body=b"0\r\n\r\n"), 400),
    Attack("header without a name", post(b": value", b"Content-Length: 2"), 400),
    Attack("header without a colon", post(b"Content-Length 2"), 400),
    Attack("control character in a name", post(b"Content\x00-Length: 2"), 400),
    Attack("non-ASCII name", post("Contént-Length: 2".encode()), 400),
    Attack("NUL in a value", post(b"X: a\x00b", b"Content-Length: 2"), 400),
    Attack("bare CR in a value", post(b"X: a\rContent-Length: 40", b"Content-Length: 2"), 400),
    Attack("bare LF between headers", b"POST " + PATH + b" HTTP/1.1\nHost: gateway\nContent-Length: 2\n\n{}", 400),
    Attack("LF LF as the end of the head", b"POST " + PATH + b" HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\n\n{}", 400),
    Attack("CR CR as the end of the head", b"POST " + PATH + b" HTTP/1.1\r\nHost: gateway\r\nContent-Length: 2\r\r{}", 400),
    Attack("escape character in a value", post(b"X: \x1b[31m", b"Content-Length: 2"), 400),
    # host
    Attack("no host", post(b"Content-Length: 2", host=False), 400),
    Attack("two hosts", post(b"Host: other", b"Content-Length: 2"), 400),
    Attack("host with a path", post(b"Host: gateway/evil", b"Content-Length: 2", host=False), 400),
    Attack("host with a user", post(b"Host: user@gateway", b"Content-Length: 2", host=False), 400),
    Attack("host with a space", post(b"Host: gate way", b"Content-Length: 2", host=False), 400),
    # request line
    Attack("no version", b"POST " + PATH + b"\r\nHost: gateway\r\n\r\n", 505),
    Attack("HTTP/0.9", b"GET " + PATH + b" HTTP/0.9\r\nHost: gateway\r\n\r\n", 505),
    Attack("HTTP/1.2", post(b"Content-Length: 2", start=b"POST " + PATH + b" HTTP/1.2"), 400),
    Attack("HTTP/2.0", post(b"Content-Length: 2", start=b"POST " + PATH + b" HTTP/2.0"), 505),
    Attack("HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    Attack("lower-case protocol", post(b"Content-Length: 2", start=b"POST " + PATH + b" http/1.1"), 400),
    Attack("tab instead of a space", post(b"Content-Length: 2", start=b"POST\t" + PATH + b"\tHTTP/1.1"), 400),
    Attack("space inside the target", post(b"Content-Length: 2", start=b"POST /v1/chat completions HTTP/1.1"), 400),
    Attack("control character in the target", post(b"Content-Length: 2", start=b"POST /v1/\x01 HTTP/1.1"), 400),
    Attack("non-ASCII target", post(b"Content-Length: 2", start="POST /v1/chät HTTP/1.1".encode()), 400),
    Attack("absolute target", post(b"Content-Length: 2", start=b"POST http://other" + PATH + b" HTTP/1.1"), 400),
    Attack("fragment in the target", post(b"Content-Length: 2", start=b"POST " + PATH + b"#x HTTP/1.1"), 400),
    Attack("asterisk target", b"OPTIONS * HTTP/1.1\r\nHost: gateway\r\n\r\n", 400),
    Attack("connect", b"CONNECT other:443 HTTP/1.1\r\nHost: other:443\r\n\r\n", 400),
    Attack("unknown method", post(b"Content-Length: 2", start=b"SMUGGLE " + PATH + b" HTTP/1.1"), 400),
    Attack("lower-case method", post(b"Content-Length: 2", start=b"post " + PATH + b" HTTP/1.1"), 400),
    Attack("TLS hello on a plain port", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), 400),
    Attack("noise", b"\xff\xfe\xfd" * 30 + b"\r\n\r\n", 400),
    # other
    Attack("unknown expectation", post(b"Expect: the-unexpected", b"Content-Length: 2"), 417),
    Attack("two expectations", post(b"Expect: 100-continue", b"Expect: 100-continue", b"Content-Length: 2"), 400),
    Attack("two content encodings", post(b"Content-Encoding: gzip", b"Content-Encoding: identity", b"Content-Length: 2"), 400),
    Attack("too many headers", post(*(b"X-%d: y" % n for n in range(201)), b"Content-Length: 2"), 431),
    Attack("a head without end", post(b"X: " + b"a" * 70_000), 431),
    Attack("a target without end", post(start=b"GET /" + b"a" * 70_000 + b" HTTP/1.1"), 431),
]
"""More than eighty; `tests/front/test_protocol.py` feeds them raw."""
