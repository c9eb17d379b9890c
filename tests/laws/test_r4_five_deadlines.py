"""R4: a provider that stalls in a phase is given up in that phase, and the error says which of the five deadlines it was."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from headgate.core.ports import Deadlines
from tests.support.client import ask
from tests.support.dialects import DIALECTS, Dialect, by_name, failed
from tests.support.inside import KEY, catalog, inside

SHORT_MS = 150
LONG = Deadlines(connect_ms=5_000, first_byte_ms=5_000, first_content_ms=5_000, between_chunks_ms=5_000, total_ms=10_000)

# deadline, where the provider stalls, stream, whether the client has seen content by then
STALLS = [
    ("first_byte", "stall=accept", True, False),
    ("first_byte", "stall=accept", False, False),
    ("first_byte", "stall=head", True, False),
    ("first_content", "stall=first_content", True, False),
    ("first_content", "stall=first_content", False, False),
    ("between_chunks", "stall=mid", True, True),
    ("between_chunks", "stall=before_usage", True, True),
    ("between_chunks", "stall=before_done", True, True),
    ("between_chunks", "stall=mid", False, False),
    ("between_chunks", "stall=before_done", False, False),
    ("total", "interval_ms=20;tokens=60", True, True),
    ("total", "stall=first_content", True, False),
    ("total", "stall=accept", False, False),
    ("total", "stall=mid", False, False),
]


@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
@pytest.mark.parametrize(("which", "fault", "stream", "started"), STALLS)
async def test_the_error_names_the_deadline_that_passed(dialect: Dialect, which: str, fault: str, stream: bool, started: bool) -> None:
    deadlines = replace(LONG, **{f"{which}_ms": SHORT_MS})
    async with inside(deadlines) as running:
        answer = await ask(running.url, dialect.path, dialect.body(stream), key=KEY, headers={"x-sim": fault})
        [seen] = running.simulator.requests
    code = failed(dialect, answer)
    assert code == f"upstream_timeout_{which}"
    assert answer.status == (200 if started else 504)
    assert f"the {which.replace('_', ' ')} deadline of {SHORT_MS} ms".encode() in answer.body
    [row] = running.rows
    assert (row.error, row.outcome) == (code, "truncated" if started else "error")
    assert [attempt.error for attempt in row.attempts] == [code]
    assert seen.closed_by == "peer"


@contextmanager
def deaf() -> Generator[int]:
    """A port that is listened on but never accepts: its queue is full, so nobody gets through."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    port = listener.getsockname()[1]
    filling: list[socket.socket] = []
    try:
        for _ in range(4):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            filling.append(one)
        yield port
    finally:
        for one in (*filling, listener):
            one.close()


@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])
async def test_connecting_has_its_own_deadline(dialect: Dialect, stream: bool) -> None:
    with deaf() as port:
        await asyncio.sleep(0.05)  # until the queue is full
        async with inside() as running:
            running.gateway.catalog = catalog(port, replace(LONG, connect_ms=SHORT_MS))
            answer = await ask(running.url, dialect.path, dialect.body(stream), key=KEY)
    assert answer.status == 504 and failed(dialect, answer) == "upstream_timeout_connect"
    [row] = running.rows
    assert (row.usage_source, row.cost_nano) == ("none", 0), "nothing was sent, so nothing was used"


def test_every_deadline_is_finite_by_default() -> None:
    defaults = Deadlines()
    assert {name for name in Deadlines.__slots__ if 0 < getattr(defaults, name) < 3_600_000} == {
        "connect_ms",
        "first_byte_ms",
        "first_content_ms",
        "between_chunks_ms",
        "total_ms",
    }
