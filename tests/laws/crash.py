"""M1: kill -9 at a random moment among many requests, and nothing that a client was told is missing from the ledger.

`python -m tests.laws.crash --repetitions 100 --requests 1000` runs the law in full; `test_m1_crash.py` runs a little of it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headgate.core.record import Settled
from headgate.ledger import journal
from headgate.stores import sqlite
from tests.support.dialects import ANTHROPIC, OPENAI, Dialect, data_of
from tests.support.outside import Outside, simulating
from tests.support.visiting import visiting

AT_ONCE = 40
INPUT_NANO, OUTPUT_NANO = 2_000, 8_000

CONFIG = """
server: {{ port: 0, grace_period_ms: 10000, max_attempts: 1 }}
data_dir: {data_dir}
providers:
  openai: {{ kind: openai, base_url: "{url}/v1", api_key: sim-key, allow_private: true }}
  claude: {{ kind: anthropic, base_url: "{url}", api_key: sim-key, allow_private: true }}
models:
  - name: gpt
    deployments: [{{ provider: openai, model: gpt-4.1 }}]
  - name: claude
    deployments: [{{ provider: claude, model: claude-sonnet-4-5 }}]
prices:
  openai/gpt-4.1: {{ input_usd_per_mtok: 2, output_usd_per_mtok: 8 }}
  claude/claude-sonnet-4-5: {{ input_usd_per_mtok: 2, output_usd_per_mtok: 8 }}
"""


@dataclass
class Note:
    """What one client knows of its request."""

    id: str | None = None
    """As the gateway's answer named it; None where no answer began."""
    cost_nano: int | None = None
    """Computed from the usage that the client read; None where its answer was not whole."""


@dataclass
class Traffic:
    """Clients of both dialects, streams and plain ones, so many at once."""

    url: str
    key: str
    requests: int
    dice: random.Random
    notes: list[Note] = field(default_factory=list[Note])
    ended: int = 0
    begun: int = 0

    async def run(self) -> None:
        numbers = iter(range(self.requests))
        await asyncio.gather(*(self._client(numbers) for _ in range(AT_ONCE)))

    async def _client(self, numbers: Any) -> None:
        for _ in numbers:
            note = Note()
            self.notes.append(note)
            try:
                await self._ask(note)
            except (ConnectionError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.001)
            self.ended += 1

    async def _ask(self, note: Note) -> None:
        dialect, stream = self.dice.choice((OPENAI, ANTHROPIC)), self.dice.random() < 0.6
        body = dialect.body(stream, calls_tool=self.dice.random() < 0.2)
        if stream and dialect is OPENAI:
            body["stream_options"] = {"include_usage": True}
        pace = self.dice.choice(("", "interval_ms=1", "interval_ms=4", "latency_ms=20"))
        async with visiting(self.url, dialect.path, body, self.key, x_sim=f"{pace};tokens={self.dice.randrange(5, 40)}") as visit:
            self.begun += 1
            await visit.head()
            note.id = visit.headers["x-headgate-request-id"]
            while not visit.whole and not (stream and dialect.terminal in visit.body):
                await visit.chunk()
            assert visit.status == 200, visit.body
            note.cost_nano = cost(dialect, stream, visit.body)


def cost(dialect: Dialect, stream: bool, body: bytes) -> int:
    """What the client would pay by the usage that it was shown."""
    said = [json.loads(data) for data in data_of(body) if data != b"[DONE]"] if stream else [json.loads(body)]
    usage: dict[str, int] = {}
    for one in said:
        usage |= one.get("usage") or one.get("message", {}).get("usage") or {}
    if dialect is OPENAI:
        return usage["prompt_tokens"] * INPUT_NANO + usage["completion_tokens"] * OUTPUT_NANO
    return usage["input_tokens"] * INPUT_NANO + usage["output_tokens"] * OUTPUT_NANO


def check(gateway: Outside, traffic: Traffic, seen_by_provider: int) -> Counter[str]:
    """The law; gives back how many rows there are of each kind."""
    rows = gateway.rows()
    by_id = {row.id: row for row in rows}
    assert len(by_id) == len(rows), "a request has two rows"
    assert seen_by_provider <= len(rows) <= traffic.begun, (seen_by_provider, len(rows), traffic.begun)
    for note in traffic.notes:
        if note.id is not None:
            assert note.id in by_id, f"{note.id} was answered and has no row"
        if note.id is not None and note.cost_nano is not None:
            row = by_id[note.id]
            assert (row.outcome, row.usage_source, row.cost_nano) == ("ok", "provider", note.cost_nano), row
    for row in rows:
        check_other(row)
    assert not still_open(gateway), "an admission stays open"
    return Counter(row.outcome for row in rows)


def check_other(row: Settled) -> None:
    """Settled before the end, or interrupted and estimated."""
    if row.outcome == "interrupted":
        assert row.usage_source == "estimated" and row.error == "gateway_died", row
        assert row.cost_nano is not None and row.cost_nano > 0, row
    else:
        assert row.outcome in ("ok", "client_gone"), row


def still_open(gateway: Outside) -> set[str]:
    """Requests that the store knows as admitted and not as ended."""
    stores = sqlite.build(sqlite.Options(gateway.data_dir / sqlite.FILE_NAME))
    try:
        return set(stores.ledger.open_admissions())
    finally:
        stores.close()


def wait_for(gateway: Outside, ids: set[str]) -> None:
    """Until all of these have a row and nothing is open: a gateway that serves recovers in the background."""
    end_s = time.monotonic() + 20
    while not (ids <= {row.id for row in gateway.rows()}) or still_open(gateway):
        assert time.monotonic() < end_s, "what a killed gateway left behind is not recovered"
        time.sleep(0.05)


def provider_total(url: str) -> int:
    """How many requests the simulated providers have had; they forget them."""
    with urllib.request.urlopen(f"{url}/_sim/requests") as answer:
        total = int(json.load(answer)["total"])
    urllib.request.urlopen(urllib.request.Request(f"{url}/_sim/reset", method="POST", data=b"{}")).close()
    return total


async def killed(gateway: Outside, traffic: Traffic, number: int) -> None:
    """Run the traffic and send the gateway a signal once a random number of requests has ended."""
    moment = traffic.dice.randrange(traffic.requests)
    running = asyncio.create_task(traffic.run())
    while traffic.ended < moment:
        await asyncio.sleep(0.0005)
    await asyncio.sleep(traffic.dice.random() * 0.01)
    assert gateway.process is not None
    gateway.process.send_signal(number)
    await running


def repetition(folder: Path, simulator_url: str, requests: int, seed: int) -> Counter[str]:
    """One life of a gateway, ended by kill -9, and what is found afterwards."""
    dice = random.Random(seed)
    gateway = Outside(folder, simulator_url, CONFIG)
    gateway.start()
    try:
        traffic = Traffic(gateway.url, gateway.new_key(), requests, dice)
        time.sleep(0.3)  # until the key is known to the running process
        asyncio.run(killed(gateway, traffic, signal.SIGKILL))
        gateway.end(signal.SIGKILL)
        if seed % 2:
            gateway.load_all()
            assert list((gateway.data_dir / journal.FOLDER).glob("*.seg")) == [], "a segment is left"
        else:  # what starts next on the same data recovers it too
            gateway.start()
            wait_for(gateway, {note.id for note in traffic.notes if note.id is not None})
            gateway.end(signal.SIGTERM)
    finally:
        if gateway.process is not None:
            gateway.end(signal.SIGKILL)
    return check(gateway, traffic, provider_total(simulator_url))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.laws.crash", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=100)
    parser.add_argument("--requests", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args(arguments)
    total: Counter[str] = Counter()
    began_s = time.monotonic()
    with simulating() as url:
        for number in range(wanted.repetitions):
            with tempfile.TemporaryDirectory(prefix="headgate-crash-") as folder:
                found = repetition(Path(folder), url, wanted.requests, wanted.seed + number)
            total += found
            print(f"{number + 1:4} of {wanted.repetitions}: {dict(found)}", flush=True)
    print(f"M1 holds: {wanted.repetitions} kills, {sum(total.values())} rows {dict(total)}, {time.monotonic() - began_s:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
