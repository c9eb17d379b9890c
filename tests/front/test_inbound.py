"""A request body as it comes in: bounded, awaited once, decoded within its limit."""

from __future__ import annotations

import asyncio
import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import BodyTooLarge, BodyTooSlow, UnsupportedEncoding
from headgate.front.inbound import CHUNK_ALLOWANCE, SLOWEST_BYTES_PER_S, Body, gunzip


def body(limit: int = 100) -> Body:
    return Body(asyncio.get_running_loop(), limit, 0.0)


async def test_a_body_is_read_once_it_is_complete() -> None:
    one = body()
    reading = asyncio.ensure_future(one.read(None))
    one.add(b"ab")
    await asyncio.sleep(0)
    assert not reading.done()
    one.add(b"cd")
    one.end()
    assert await reading == b"abcd"


async def test_a_body_that_was_there_first_is_read_at_once() -> None:
    one = body()
    one.end()
    assert await one.read(b"identity") == b""


async def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not() -> None:
    one = body(4)
    one.add(b"abcd")
    reading = asyncio.ensure_future(one.read(None))
    await asyncio.sleep(0)
    one.add(b"e")
    with pytest.raises(BodyTooLarge, match=r"limit of 4 bytes \(server.body_limit_bytes\)"):
        await reading
    assert one.failed
    exact = body(4)
    exact.add(b"abcd")
    exact.end()
    assert await exact.read(None) == b"abcd"


async def test_the_first_failure_stands_and_what_is_complete_cannot_fail() -> None:
    one = body(1)
    one.add(b"ab")
    one.fail(BodyTooSlow("late"))
    with pytest.raises(BodyTooLarge):
        await one.read(None)
    whole = body()
    whole.end()
    whole.fail(BodyTooSlow("late"))
    assert await whole.read(None) == b"" and not whole.failed


async def test_a_body_may_be_slow_in_proportion_to_its_size() -> None:
    one = body(10 * SLOWEST_BYTES_PER_S)
    assert one.flaw(1.0, 1.0) is None and isinstance(one.flaw(1.1, 1.0), BodyTooSlow)
    one.add(bytes(SLOWEST_BYTES_PER_S))
    assert one.flaw(2.0, 1.0) is None and isinstance(one.flaw(2.1, 1.0), BodyTooSlow)


async def test_framing_may_cost_only_so_much() -> None:
    one = body()
    one.wire_size = CHUNK_ALLOWANCE
    assert one.wire_flaw() is None
    one.wire_size += 1
    assert isinstance(one.wire_flaw(), BodyTooLarge)
    one.add(b"x")
    assert one.wire_flaw() is None


@pytest.mark.parametrize("encoding", [b"gzip", b"GZIP", b"x-gzip"])
async def test_gzip_is_decoded(encoding: bytes) -> None:
    one = body(1_000)
    one.add(gzip.compress(b"hello"))
    one.end()
    assert await one.read(encoding) == b"hello"


@pytest.mark.parametrize("encoding", [b"deflate", b"br", b"gzip, gzip", b""])
async def test_any_other_encoding_is_refused_by_name(encoding: bytes) -> None:
    one = body()
    one.end()
    with pytest.raises(UnsupportedEncoding) as refusal:
        await one.read(encoding)
    assert refusal.value.param == "content-encoding"


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_members_are_joined(members: list[bytes]) -> None:
    assert gunzip(b"".join(map(gzip.compress, members)), 800) == b"".join(members)


def test_a_bomb_is_stopped_at_the_limit() -> None:
    bomb = gzip.compress(bytes(1_000))
    assert len(gunzip(bomb, 1_000)) == 1_000
    for raw, limit in ((bomb, 999), (gzip.compress(bytes(50)) * 30, 1_000)):
        with pytest.raises(BodyTooLarge):
            gunzip(raw, limit)


BROKEN = {
    "not gzip": b"{}",
    "another format": zlib.compress(b"x"),
    "a head alone": gzip.compress(b"hello")[:10],
    "no last byte": gzip.compress(b"hello")[:-1],
    "junk behind it": gzip.compress(b"a") + b"junk",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_not_whole_gzip_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedEncoding):
        gunzip(BROKEN[name], 1_000)
