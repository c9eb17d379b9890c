"""A whole gateway inside the test's event loop: real sockets on both sides, simulated providers, entries kept in a list."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256

from headgate import simulator
from headgate.clock import SystemClock
from headgate.core.access import Access, Key
from headgate.core.money import Price, Rates
from headgate.core.ports import Catalog, Deadlines, Deployment, Model, Origin, Provider
from headgate.core.record import Admitted, Entry, Settled
from headgate.front.protocol import Limits
from headgate.pipeline.gateway import Gateway
from headgate.pipeline.handle import handle
from headgate.simulator.simulator import Simulator
from headgate.upstream.transport import Transport
from tests.support.serving import Served, serving

KEY = "hg-tester000000-0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
LIMITED_KEY = "hg-limited00000-0123456789abcdefghijklmnopqrstuvwxyzABCDEF"
PRICE = Price(Rates(input=2_000_000, output=8_000_000, cache_read=500_000, reasoning=8_000_000, cache_write_5m=2_500_000), "test-prices 1")


class ListJournal:
    """Keeps entries in memory, in order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def admitted(self, entry: Admitted) -> None:
        self.entries.append(entry)

    def settled(self, entry: Settled) -> None:
        self.entries.append(entry)


@dataclass
class Inside:
    """What a test holds of a running gateway."""

    served: Served
    simulator: Simulator
    gateway: Gateway
    journal: ListJournal = field(default_factory=ListJournal)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.served.port}"

    @property
    def rows(self) -> list[Settled]:
        return [entry for entry in self.journal.entries if isinstance(entry, Settled)]

    @property
    def admissions(self) -> list[Admitted]:
        return [entry for entry in self.journal.entries if isinstance(entry, Admitted)]


def openai(port: int, deadlines: Deadlines) -> Provider:
    return Provider(
        name="sim-openai",
        kind="openai",
        origin=Origin("http", "127.0.0.1", port, allow_private=True),
        paths={"openai_chat": "/v1/chat/completions", "openai_embeddings": "/v1/embeddings"},
        authorize=((b"authorization", b"Bearer sim-key"),),
        deadlines=deadlines,
        stream_usage={"include_usage": True},
    )


def anthropic(port: int, deadlines: Deadlines) -> Provider:
    return Provider(
        name="sim-anthropic",
        kind="anthropic",
        origin=Origin("http", "127.0.0.1", port, allow_private=True),
        paths={"anthropic_messages": "/v1/messages", "anthropic_count_tokens": "/v1/messages/count_tokens"},
        authorize=((b"x-api-key", b"sim-key"),),
        defaults=((b"anthropic-version", b"2023-06-01"),),
        deadlines=deadlines,
    )


def catalog(port: int, deadlines: Deadlines) -> Catalog:
    """`gpt` and `claude`, one deployment each; `both`, served by the OpenAI kind twice; `unpriced`; `embed`."""

    def model(name: str, provider: Provider, *ids: str, price: Price | None = PRICE) -> Model:
        return Model(name, tuple(Deployment(f"{provider.name}/{id}", provider, id, 1, price) for id in ids))

    one, other = openai(port, deadlines), anthropic(port, deadlines)
    models = [
        model("gpt", one, "gpt-4.1"),
        model("claude", other, "claude-sonnet-4-5"),
        model("both", one, "gpt-4.1", "gpt-4o-mini"),
        model("unpriced", one, "gpt-homemade", price=None),
        model("embed", one, "text-embedding-3-small"),
    ]
    return Catalog({model.name: model for model in models})


@asynccontextmanager
async def inside(deadlines: Deadlines | None = None, limits: Limits | None = None, max_attempts: int = 1) -> AsyncGenerator[Inside]:
    """A gateway and its providers. One attempt per request unless asked otherwise, so that each fault is seen as it is."""
    providers = await simulator.start()
    digest = sha256(KEY.rpartition("-")[2].encode()).digest()
    keys = {
        "tester000000": Key("tester000000", "tester", "team1", digest),
        "limited00000": Key("limited00000", "limited", "team1", digest, models=frozenset({"gpt"})),
    }
    journal = ListJournal()
    gateway = Gateway(
        clock=SystemClock(),
        journal=journal,
        transport=Transport(),
        access=Access(1, keys),
        catalog=catalog(providers.port, deadlines or Deadlines()),
        max_attempts=max_attempts,
    )
    try:
        async with serving(lambda exchange: handle(gateway, exchange.route, exchange), limits) as served:
            yield Inside(served, providers, gateway, journal)
    finally:
        await gateway.transport.close()
        await providers.close()
