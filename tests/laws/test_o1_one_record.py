"""O1: one record for each request and one attempt in it for each provider call, whatever happened, in any mix."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass

import pytest

from headgate.core.ports import Deadlines
from headgate.front import routes
from headgate.front.protocol import Limits
from tests.support.client import ask
from tests.support.dialects import ANTHROPIC, OPENAI
from tests.support.inside import KEY, LIMITED_KEY, inside
from tests.support.visiting import visiting

REQUESTS = 400
AT_ONCE = 40

FAULTS = (
    *("", "", "", "tokens=5", "interval_ms=1;tokens=30", "chunk=7"),
    *("status=500", "status=429", "status=400", "status=401", "reset=1", "cut=0", "cut=6", "cut_byte=900", "cut_byte=900;reset=1"),
    *("garbage=json", "garbage=mid_json;at=4", "garbage=html", "error_event=1", "error_event=9", "error_body=1", "length=long"),
    *("stall=accept", "stall=first_content", "stall=mid", "stall=before_usage", "done=none", "usage=none", "encoding=gzip"),
    *("status=500;fail_first=1;id=a", "reset=1;fail_first=1;id=b"),
)
BODIES: tuple[object, ...] = (b"", b"{", b"[]", b'{"model": 1}', {"model": "nobody", "messages": [{"role": "user"}]}, b"\xff\xfe")


@dataclass
class Storm:
    """What was sent, and what came back of it."""

    url: str
    dice: random.Random
    sent: int = 0
    ids: list[str] | None = None

    async def one(self) -> None:
        dice, dialect = self.dice, self.dice.choice((OPENAI, ANTHROPIC))
        stream, kind = dice.random() < 0.6, dice.random()
        key = KEY if dice.random() < 0.9 else dice.choice((None, "hg-unknown00000-x", LIMITED_KEY))
        body: object = dialect.body(stream, calls_tool=dice.random() < 0.3) if kind > 0.1 else dice.choice(BODIES)
        self.sent += 1
        async with visiting(self.url, dialect.path, body, key, x_sim=dice.choice(FAULTS), connection="close") as visit:
            try:
                if 0.1 < kind < 0.3:  # leaves, having read nothing or something
                    await asyncio.sleep(dice.random() * 0.02)
                    if dice.random() < 0.5:
                        await asyncio.wait_for(visit.head(), 0.02)
                        await asyncio.wait_for(visit.chunk(), 0.02)
                    visit.leave(reset=dice.random() < 0.5)
                    return
                await visit.head()
                await visit.rest()
            except (TimeoutError, asyncio.IncompleteReadError, ConnectionError):
                visit.leave()
                return
            assert self.ids is not None
            self.ids.append(visit.headers["x-headgate-request-id"])


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("drain_s", [0.0, 0.2], ids=["close", "drain"])
async def test_after_a_storm_every_request_has_one_record_and_every_call_one_attempt(seed: int, drain_s: float) -> None:
    deadlines = Deadlines(first_byte_ms=200, first_content_ms=200, between_chunks_ms=200, total_ms=2_000)
    async with inside(deadlines, Limits(drain_s=drain_s), max_attempts=3) as running:
        running.gateway.dice = lambda: 0.0
        storm = Storm(running.url, random.Random(seed), ids=[])
        turns = asyncio.Semaphore(AT_ONCE)

        async def turn() -> None:
            async with turns:
                await storm.one()

        await asyncio.gather(*(turn() for _ in range(REQUESTS)))
        async with asyncio.timeout(10):
            while len(running.rows) < storm.sent or running.simulator.open_connections > 100:
                await asyncio.sleep(0.01)
        rows, ids = running.rows, storm.ids or []
        assert len(rows) == len({row.id for row in rows}) == storm.sent == REQUESTS
        assert len(ids) > REQUESTS / 2 and set(ids) <= {row.id for row in rows}
        admitted = [entry.id for entry in running.admissions]
        assert len(admitted) == len(set(admitted)) and set(admitted) <= {row.id for row in rows}
        attempts = [attempt for row in rows for attempt in row.attempts]
        # An attempt that was given up before it had written its request is an attempt that no provider saw.
        unseen = sum(1 for row in rows if row.outcome == "client_gone" and row.attempts)
        assert running.simulator.seen.total <= len(attempts) <= running.simulator.seen.total + unseen
        assert max(len(row.attempts) for row in rows) <= 3
        outcomes = {row.outcome for row in rows}
        assert outcomes == {"ok", "refused", "error", "truncated", "client_gone"}
        for row in rows:
            assert (row.outcome == "refused") == (row.attempts == ()), row
            assert row.attempts == () or row.id in admitted
            assert row.outcome != "ok" or row.attempts[-1].error is None


async def test_every_route_leaves_a_record_that_bears_its_name() -> None:
    async with inside() as running:
        for route in routes.ROUTES:
            path = route.path.replace("{id}", "gpt")
            headers = {} if route.needs is None else {route.needs.decode(): "2023-06-01"}
            for key in (KEY, None):
                await ask(running.url, path, b"{}" if route.method == "POST" else None, key=key, headers=headers)
                assert running.rows[-1].route == route.name
        assert len(running.rows) == 2 * len(routes.ROUTES)
