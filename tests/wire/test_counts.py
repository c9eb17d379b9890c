"""Counts are read whatever a server wrote in their place."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct

from headgate.wire import counts


class Inner(Struct):
    b: int | None = None


class Told(Struct):
    a: int | None = None
    inner: Inner | None = None
    many: list[Inner] | None = None
    word: str | None = None


DECODER = msgspec.json.Decoder(Told)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", None),
        (b"null", None),
        (b"[1,2,3]", None),
        (b'{"a":1}', Told(1)),
        (b'{"a":1.0,"inner":{"b":"x"}}', Told(1, Inner())),
        (b'{"a":"many","inner":7,"many":[{"b":2.0},3],"word":"w"}', Told(None, None, [Inner(2)], "w")),
        (b'{"a":2,"word":"\\ud83d"}', None),
        (b'{"a":1e300,"inner":null,"word":3}', Told()),
        (b'{"a":true,"inner":[1]}', Told()),
    ],
)
def test_what_is_no_count_is_taken_as_not_said(raw: bytes, told: Told | None) -> None:
    assert counts.read(Raw(raw), DECODER) == told


@given(st.integers(-(10**30), 10**30) | st.none(), st.integers(-(10**30), 10**30) | st.none())
def test_parts_are_taken_out_and_nothing_is_below_zero(total: int | None, inside: int | None) -> None:
    rest, part = counts.taken(counts.least(total), inside)
    assert rest + part == counts.least(total)
    assert rest >= 0 <= part


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_no_usage_makes_it_fail(value: object) -> None:
    counts.read(Raw(msgspec.json.encode({"a": value, "inner": value, "many": value, "word": value})), DECODER)
