from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from headgate.simulator.reading import MOST_HEADS, Garbled, Heads, Reader
from headgate.simulator.seen import Seen

ONE = b"POST /v1/messages HTTP/1.1\r\nHost: sim\r\nContent-Length: 7\r\n\r\n" + b'{"a":1}'
TWO = b"GET /v1/models HTTP/1.1\r\nhost: sim\r\n\r\n"
CHUNKED = b"POST /x HTTP/1.1\r\nhost: sim\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
CLOSING = b"POST /y HTTP/1.1\r\nhost: sim\r\nconnection: close\r\ncontent-length: 1\r\n\r\nz"


def shown(seen: Seen, keep_alive: bool) -> tuple[str, str, bytes, list[tuple[bytes, bytes]], bool]:
    return seen.method, seen.target, seen.body, seen.headers, keep_alive


def read(pieces: list[bytes], heads: Heads | None = None) -> list[tuple[str, str, bytes, list[tuple[bytes, bytes]], bool]]:
    found: list[tuple[str, str, bytes, list[tuple[bytes, bytes]], bool]] = []
    reader = Reader({} if heads is None else heads, lambda: 1.0, lambda seen, keep_alive: found.append(shown(seen, keep_alive)))
    for piece in pieces:
        reader.feed(piece)
    return found


EXPECTED = [
    ("POST", "/v1/messages", b'{"a":1}', [(b"host", b"sim"), (b"content-length", b"7")], True),
    ("GET", "/v1/models", b"", [(b"host", b"sim")], True),
    ("POST", "/x", b"abcde", [(b"host", b"sim"), (b"transfer-encoding", b"chunked")], True),
]


def test_requests_are_read_one_after_the_other() -> None:
    assert read([ONE + TWO + CHUNKED]) == EXPECTED
    assert read([ONE, TWO, CHUNKED]) == EXPECTED
    assert read([CLOSING])[0][-1] is False


@given(st.lists(st.integers(0, len(ONE + TWO + CHUNKED + ONE)), max_size=8))
def test_any_cut_gives_the_same_requests(cuts: list[int]) -> None:
    data = ONE + TWO + CHUNKED + ONE
    edges = [0, *sorted(cuts), len(data)]
    pieces = [data[start:end] for start, end in pairwise(edges) if end > start]
    heads: Heads = {}
    assert read(pieces, heads) == [*EXPECTED, EXPECTED[0]]
    assert read(pieces, heads) == [*EXPECTED, EXPECTED[0]]  # with what the first reading has remembered


def test_a_known_head_is_not_read_again() -> None:
    heads: Heads = {}
    read([ONE], heads)
    [(raw, head)] = heads.items()
    assert raw + b'{"a":1}' == ONE
    heads[raw] = head._replace(target="/from/memory")
    assert [entry[1] for entry in read([ONE, ONE[:-1], ONE[-1:], ONE], heads)] == ["/from/memory", "/v1/messages", "/from/memory"]


def test_heads_are_remembered_up_to_a_bound_and_only_where_that_is_safe() -> None:
    heads: Heads = {}
    read([TWO, CHUNKED, CLOSING], heads)
    assert heads == {}
    read([ONE.replace(b"sim", b"%d" % number) for number in range(MOST_HEADS + 9)], heads)
    assert len(heads) == MOST_HEADS


def test_what_is_not_http_is_garbled() -> None:
    try:
        read([b"\x16\x03\x01\r\n\r\n"])
    except Garbled:
        return
    raise AssertionError("it was taken")
