"""A gateway process for the vendors' own clients to call, and what went through it since a test began."""

from __future__ import annotations

import os
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from headgate.clock import SystemClock
from headgate.control import keys
from headgate.core.record import Settled
from headgate.core.stores import Stores, Wanted
from headgate.stores import sqlite
from tests.support.outside import Outside

BODY_LIMIT_BYTES = 1_000_000
FIRST_BYTE_MS, BETWEEN_CHUNKS_MS = 400, 300
"""The deadlines of the alias `hasty`."""

CONFIG = """
server: {{ port: 0, grace_period_ms: 2000, body_limit_bytes: 1000000, max_attempts: 1 }}
data_dir: {data_dir}
providers:
  openai: {{ kind: openai, base_url: "{url}/v1", api_key: sim-key, allow_private: true }}
  claude: {{ kind: anthropic, base_url: "{url}", api_key: sim-key, allow_private: true }}
  hasty:
    kind: openai
    base_url: "{url}/v1"
    api_key: sim-key
    allow_private: true
    deadlines: {{ first_byte_ms: 400, between_chunks_ms: 300 }}
models:
  - name: gpt
    deployments: [{{ provider: openai, model: gpt-4.1 }}]
  - name: acme/gpt
    deployments: [{{ provider: openai, model: gpt-4.1-mini }}]
  - name: claude
    deployments: [{{ provider: claude, model: claude-sonnet-4-5 }}]
  - name: embed
    deployments: [{{ provider: openai, model: text-embedding-3-small }}]
  - name: hasty
    deployments: [{{ provider: hasty, model: gpt-4.1 }}]
prices:
  openai/gpt-4.1: {{ input_usd_per_mtok: 2, cache_read_usd_per_mtok: 0.5, output_usd_per_mtok: 8 }}
  openai/text-embedding-3-small: {{ input_usd_per_mtok: 0.02, output_usd_per_mtok: 0 }}
  claude/claude-sonnet-4-5:
    input_usd_per_mtok: 3
    cache_read_usd_per_mtok: 0.3
    cache_write_5m_usd_per_mtok: 3.75
    cache_write_1h_usd_per_mtok: 6
    output_usd_per_mtok: 15
"""

PERSISTENT = CONFIG.replace("max_attempts: 1", "max_attempts: 3")


@dataclass(frozen=True)
class Station:
    """A gateway that answers, the keys to it, and its books."""

    url: str
    key: str
    limited_key: str
    """May use `gpt` and `embed` only."""
    stores: Stores
    provider_url: str


@contextmanager
def station(folder: Path, provider_url: str, config: str) -> Generator[Station]:
    """A gateway in a process of its own, with keys; ended with SIGTERM, as an operator would."""
    gateway = Outside(folder, provider_url, config)
    gateway.start()
    stores = sqlite.build(sqlite.Options(gateway.data_dir / sqlite.FILE_NAME))
    try:
        made = [
            keys.create(stores, SystemClock(), os.urandom, keys.NewKey(name, models=models))[1]
            for name, models in (("app", None), ("limited", frozenset({"gpt", "embed"})))
        ]
        wait_for_key(gateway.url, made[-1])
        yield Station(gateway.url, made[0], made[1], stores, provider_url)
    finally:
        stores.close()
        assert gateway.end() == 0


def wait_for_key(url: str, key: str) -> None:
    """Return once the running gateway knows the key."""
    end = time.monotonic() + 10
    with httpx2.Client(base_url=url, headers={"x-api-key": key}, trust_env=False, verify=False) as client:
        while client.get("/v1/models").status_code != 200:
            assert time.monotonic() < end, "the gateway does not learn of the key"
            time.sleep(0.02)


class Books:
    """What the gateway has recorded since the test began. Nothing else uses it in the meantime."""

    def __init__(self, at: Station) -> None:
        self._stores = at.stores
        self._since_us = SystemClock().now_us()

    def rows(self, count: int, timeout_s: float = 10) -> list[Settled]:
        """The records, oldest first, once there are `count`; there must not be more."""
        end = time.monotonic() + timeout_s
        while len(found := self._page()) < count and time.monotonic() < end:
            time.sleep(0.02)
        assert len(found) == count
        return found[::-1]

    def row(self) -> Settled:
        return self.rows(1)[0]

    def _page(self) -> list[Settled]:
        return self._stores.records.page(Wanted(since_us=self._since_us), 10_000, None)


class Traffic(Books):
    """The same, and what has reached the simulated providers."""

    def __init__(self, at: Station) -> None:
        self._provider = httpx2.Client(base_url=at.provider_url, trust_env=False, verify=False)
        self._provider.post("/_sim/reset")
        super().__init__(at)

    def close(self) -> None:
        self._provider.close()

    def seen(self) -> list[Seen]:
        """The requests that reached the provider, oldest first."""
        return [Seen(request) for request in self._provider.get("/_sim/requests").json()["requests"]]

    def left_alone(self, timeout_s: float = 10) -> Seen:
        """The one request whose connection the gateway has closed before the provider had said everything."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            found = [seen for seen in self.seen() if seen.closed_by == "peer" and seen.answered_ms is None]
            if found:
                return found[0]
            time.sleep(0.02)
        raise AssertionError("the gateway goes on reading from the provider")


@dataclass(frozen=True)
class Seen:
    """A request as the provider got it."""

    told: dict[str, Any]

    @property
    def target(self) -> str:
        return self.told["target"]

    @property
    def body(self) -> str:
        return self.told["body"]

    @property
    def closed_by(self) -> str | None:
        return self.told["closed_by"]

    @property
    def answered_ms(self) -> float | None:
        return self.told["answered_ms"]

    @property
    def sent_bytes(self) -> int:
        return self.told["sent_bytes"]

    @property
    def headers(self) -> dict[str, str]:
        return {name: value for name, value in self.told["headers"]}
