"""Events are cut whole out of bytes, whatever the line ends and however the bytes come (law S6)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.wire import sse
from tests.support import wire

LINES = st.sampled_from(
    [
        b"data: {}",
        b"data:x",
        b"data",
        b"data: a\xe2\x80\xa8b",
        b": hi",
        b"event: e",
        b"id: 1",
        b"",
        b"\xef\xbb\xbf",
        b"data: \x0b\x0c",
        b"x",
    ]
)
ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])
STREAMS = st.lists(st.tuples(LINES, ENDS)).map(lambda lines: b"".join(line + end for line, end in lines))


def split(pieces: list[bytes]) -> tuple[list[bytes], bytes, bytes]:
    """All data, all bytes of whole events, and what is held."""
    splitter = sse.Splitter()
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return [data for _, data in events if data is not None], b"".join(raw for raw, _ in events), splitter.rest()


@given(STREAMS, st.lists(st.integers(0, 200)))
def test_any_cut_gives_the_same_events_and_every_byte(stream: bytes, places: list[int]) -> None:
    data, passed, rest = split([stream])
    assert passed + rest == stream
    cut_data, cut_passed, cut_rest = split(wire.cut(stream, places))
    assert cut_data == data
    assert cut_passed + cut_rest == stream


@given(STREAMS)
def test_it_reads_what_the_standard_says(stream: bytes) -> None:
    text = stream.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    expected: list[bytes] = []
    for event in text.split(b"\n\n")[:-1]:
        lines = [line[5:].removeprefix(b" ") for line in event.split(b"\n") if line == b"data" or line.startswith(b"data:")]
        expected += [b"\n".join(lines)] if lines else []
    assert split([stream])[0] == expected


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\n", [b"a"]),
        (b"data: a\r\r", [b"a"]),
        (b"data: a\r\ndata: b\n\r\n", [b"a\nb"]),
        (b"event: x\ndata: a\n\n", [b"a"]),
        (b"event: data: a\n\n", []),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a\n\n", [b" a"]),
        (b": comment\n\n", []),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a\xe2\x80\xa8b\xc2\x85\n\n", [b"a\xe2\x80\xa8b\xc2\x85"]),
        (b"\n\n\ndata: a\n\n\n\n", [b"a"]),
        (b"data: a\n", []),
    ],
)
def test_lines_end_as_they_may(stream: bytes, data: list[bytes]) -> None:
    assert split([stream])[0] == data


def test_an_event_is_given_back_as_soon_as_it_is_whole() -> None:
    splitter = sse.Splitter()
    assert splitter.feed(b"data: 1\r\n\r") == [(b"data: 1\r\n\r", b"1")]
    assert splitter.feed(b"\ndata: 2\r\r") == [(b"\n", None), (b"data: 2\r\r", b"2")]
    assert splitter.feed(b"data: 3\n\ndata: 4") == [(b"data: 3\n\n", b"3")]
    assert splitter.held == len(b"data: 4")
    assert splitter.feed(b"\n\n") == [(b"data: 4\n\n", b"4")]


def test_a_long_event_in_small_pieces_costs_no_more_than_its_length() -> None:
    splitter = sse.Splitter()
    splitter.feed(b"data: ")
    for _ in range(20_000):
        assert splitter.feed(b"x" * 50) == []
    assert splitter.feed(b"\n\n") == [(b"data: " + b"x" * 1_000_000 + b"\n\n", b"x" * 1_000_000)]


@pytest.mark.parametrize(
    ("event", "old", "changed"),
    [
        (b"data: old\n\n", b"old", b"data: new\n\n"),
        (b"id: 1\ndata:old\r\n\r\n", b"old", b"id: 1\ndata:new\r\n\r\n"),
        (b"id: 1\ndata: o\ndata: ld\n: c\n\n", b"o\nld", b"id: 1\n: c\ndata: new\n\n"),
    ],
)
def test_other_data_leaves_the_rest_of_an_event(event: bytes, old: bytes, changed: bytes) -> None:
    assert sse.with_data(event, old, b"new") == changed


@pytest.mark.parametrize("rest", [b"data: 1", b"data: 1\n", b"data: 1\r\n", b"data: 1\r"])
def test_a_last_event_without_its_empty_line_becomes_whole(rest: bytes) -> None:
    event, data = sse.ended(rest)
    assert data == b"1"
    assert split([event])[0] == [b"1"]
