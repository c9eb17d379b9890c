"""S8: what a vendor invents tomorrow passes today: fields, headers and events made up at random arrive byte for byte, both ways."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import strategies as st

from headgate.upstream import send
from tests.support.client import ask
from tests.support.dialects import DIALECTS, Dialect, by_name
from tests.support.inside import KEY, inside
from tests.support.properties import for_all
from tests.support.scripted import chunked, scripted, sized

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
EXAMPLES = 40

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=12).map(lambda name: "x_" + name)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
MEMBERS = st.dictionaries(NAMES, VALUES, max_size=4)
SPACES = st.sampled_from([(",", ":"), (", ", ": "), (" ,\n\t", " :\r\n ")])
TOKEN = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=20).map(lambda name: "x-future-" + name)
HEADER_VALUE = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
HEADERS = st.dictionaries(TOKEN, HEADER_VALUE, max_size=5)


def text(value: object, spaces: tuple[str, str]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=spaces).encode("utf-8", "replace")


@BOTH
async def test_requests_arrive_with_all_that_was_invented(dialect: Dialect) -> None:
    async with inside() as running:
        [body] = await dialect.recorded(running.simulator, False)

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(sized(body))

        async with scripted(answer) as provider:
            provider.serves(running)

            async def passes(example: tuple[Any, Any, Any, Any]) -> None:
                before, after, spaces, headers = example
                asked = text({**before, **dialect.body(False), **{name + "2": value for name, value in after.items()}}, spaces)
                got = await ask(running.url, dialect.path + "?x=1&y", asked, key=KEY, headers=headers)
                assert got.status == 200, got.body
                model = b'"model"%b' % spaces[1].encode()
                alias, name = text(dialect.request["model"], spaces), text(dialect.model, spaces)
                assert provider.bodies[-1] == asked.replace(model + alias, model + name)
                lines = provider.heads[-1].split(b"\r\n")
                assert lines[0] == f"POST {dialect.path}?x=1&y HTTP/1.1".encode()
                assert {f"{name}: {value}".encode() for name, value in headers.items()} <= set(lines)

            await for_all(st.tuples(MEMBERS, MEMBERS, SPACES, HEADERS), passes, EXAMPLES)


@BOTH
async def test_plain_answers_arrive_with_all_that_was_invented(dialect: Dialect) -> None:
    async with inside() as running:
        [body] = await dialect.recorded(running.simulator, False)
        reply = json.loads(body)
        told: list[bytes] = []

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(told[-1])

        async with scripted(answer) as provider:
            provider.serves(running)

            async def passes(example: tuple[Any, Any, Any]) -> None:
                members, spaces, headers = example
                said = text({**members, **reply, "usage": {**reply["usage"], **members}}, spaces)
                told.append(sized(said, *(f"{name}: {value}".encode() for name, value in headers.items())))
                got = await ask(running.url, dialect.path, dialect.body(False), key=KEY)
                assert (got.status, got.body) == (200, said)
                assert headers.items() <= got.headers.items()
                assert running.rows[-1].usage_source == "provider"

            await for_all(st.tuples(MEMBERS, SPACES, HEADERS), passes, EXAMPLES)


KINDS = st.sampled_from(["future_event", "ping2", "content_block_future"])


def invented(kind: str, members: dict[str, Any], spaces: tuple[str, str]) -> bytes:
    data = text({"type": kind, "choices": [], **members}, spaces).replace(b"\n", b" ").replace(b"\r", b" ")
    return b"event: %b\nid: 7\nretry: 10\ndata: %b\n\n" % (kind.encode(), data)


EVENTS = st.one_of(st.just(b": a comment\n\n"), st.builds(invented, KINDS, MEMBERS, SPACES), st.just(b"event: named\n\n"), st.just(b"\n"))


@BOTH
async def test_streams_arrive_with_all_that_was_invented(dialect: Dialect) -> None:
    async with inside() as running:
        events = await dialect.recorded(running.simulator, True)
        told: list[bytes] = []

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(told[-1])

        async with scripted(answer) as provider:
            provider.serves(running)

            async def passes(example: tuple[list[tuple[int, bytes]], dict[str, Any]]) -> None:
                additions, members = example
                said = [with_members(event, members) for event in events]
                for place, event in additions:
                    said.insert(place % len(said), event)
                told.append(chunked(said))
                got = await ask(running.url, dialect.path, dialect.body(True), key=KEY)
                assert (got.status, got.body) == (200, b"".join(said))
                assert (running.rows[-1].outcome, running.rows[-1].usage_source) == ("ok", usage_of(dialect))

            await for_all(st.tuples(st.lists(st.tuples(st.integers(0, 99), EVENTS), max_size=4), MEMBERS), passes, EXAMPLES)


def with_members(event: bytes, members: dict[str, Any]) -> bytes:
    """The event with these members at the front of its data."""
    if not members:
        return event
    return event.replace(b"data: {", b"data: " + text(members, (",", ":")).replace(b"\n", b" ")[:-1] + b",", 1)


def usage_of(dialect: Dialect) -> str:
    # This provider is not asked for usage: it is a script.
    return "estimated" if dialect.name == "openai" else "provider"


async def test_the_headers_that_matter_to_vendors_are_not_withheld() -> None:
    kept = ["anthropic-beta", "anthropic-version", "openai-organization", "openai-project", "openai-beta", "idempotency-key", "traceparent"]
    assert not {name.encode() for name in kept} & send.NOT_SENT_ON
    async with inside() as running:
        for dialect in DIALECTS:
            headers = {name: f"value-of-{name}" for name in kept if name != "anthropic-version"} | {"anthropic-version": "2023-01-01"}
            await ask(running.url, dialect.path, dialect.body(False), key=KEY, headers=headers)
            seen = running.simulator.requests[-1]
            assert {name: seen.header(name) for name in headers} == headers
