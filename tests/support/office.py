"""A store with a team, keys and records in it, a configuration, and a browser for the console."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace
from starlette.testclient import TestClient

from headgate.admin import app
from headgate.config import load
from headgate.control import keys, teams
from headgate.control.keys import NewKey
from headgate.core.access import Role
from headgate.core.record import Settled
from headgate.core.stores import Batch, KeyRow, Stores
from headgate.core.usage import Usage
from tests.support.ledger import NOON_US, SetClock, dice, settled, store

CONFIG = """\
data_dir: data
providers:
  acme: { kind: openai, base_url: "http://127.0.0.1:9/v1", api_key: sk-canary-secret, allow_private: true }
models:
  - name: smart
    deployments: [{ provider: acme, model: gpt-4.1 }]
"""


def write_config(folder: Path, text: str = CONFIG) -> Path:
    file = folder / "headgate.yaml"
    file.write_text(text)
    return file


@dataclass
class Office:
    folder: Path
    stores: Stores
    clock: SetClock
    random: int = 0

    @property
    def config(self) -> str:
        return str(self.folder / "headgate.yaml")

    def key(self, name: str, role: Role = "caller", team: str = "default", expires_at_ms: int | None = None) -> tuple[KeyRow, str]:
        self.random += 1
        new = NewKey(name, team, role, expires_at_ms=expires_at_ms)
        return keys.create(self.stores, self.clock, dice(self.random), new)

    def team(self, name: str) -> str:
        self.random += 1
        return teams.create(self.stores, self.clock, dice(self.random), name).id

    def records(self, *entries: Settled) -> None:
        self.stores.ledger.load(Batch(settled=entries))

    def browser(self) -> TestClient:
        """One that keeps cookies, follows no redirects, and is not signed in."""
        settings = load.load(self.folder / "headgate.yaml", {})
        return TestClient(app.build(self.stores, self.clock, settings), follow_redirects=False, raise_server_exceptions=False)

    def signed_in(self) -> TestClient:
        browser = self.browser()
        _, whole = self.key(f"boss {self.random}", "admin")
        assert sign_in(browser, whole) == 303
        return browser


def open_office(folder: Path, now_us: int = NOON_US) -> Office:
    write_config(folder)
    return Office(folder, store(folder / "data"), SetClock(now_us))


def sign_in(browser: TestClient, key: str) -> int:
    """The status of the answer to the form."""
    form = browser.get("/")
    return browser.post("/sign-in", data={"csrf": token(form.text), "key": key}).status_code


def token(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def priced(id: str, at_us: int = NOON_US, key_id: str = "key000000001", team_id: str = "default") -> Settled:
    """A record of `smart` with the shipped price: 100 + 50 cached prompt tokens and 23 of output of gpt-4.1 cost 409,000 nano-dollars."""
    return replace(
        settled(id, 409_000, at_us),
        key_id=key_id,
        team_id=team_id,
        deployment="acme/gpt-4.1",
        model="gpt-4.1",
        usage=Usage(input=100, cache_read=50, output=23),
        price_version="genai-prices 0.2.3",
    )
