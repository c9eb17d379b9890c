"""A gateway put together from its settings."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

import pytest

from headgate import app
from headgate.clock import SystemClock
from headgate.config import catalog, load
from headgate.config.schema import Server, Settings
from headgate.control import access, keys
from headgate.core.access import Access
from headgate.core.errors import ConfigError
from headgate.core.ports import Catalog
from headgate.core.stores import Stores, StoreUnavailable
from headgate.ledger.journal import FOLDER, FileJournal
from headgate.pipeline.gateway import Gateway
from headgate.stores import sqlite
from headgate.upstream.transport import Transport
from tests.support.client import ask
from tests.support.dialects import DIALECTS
from tests.support.inside import ListJournal
from tests.support.ledger import SetClock, store
from tests.support.outside import CONFIG, outside


def settings(folder: Path, **server: Any) -> Settings:
    (folder / "headgate.yaml").write_text(CONFIG.format(data_dir=folder / "data", url="http://127.0.0.1:9"))
    read = load.load(folder / "headgate.yaml", {})
    return read.model_copy(update={"server": Server(port=0, **server)})


def refusal(host: str, port: int) -> str:
    with pytest.raises(ConfigError) as caught:
        app.listen(host, port)
    return str(caught.value)


def test_a_port_that_is_taken_is_named_with_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal("127.0.0.1", port)
    to_do = "Stop what uses it, or choose another with --port or server.port."
    assert said == f"Cannot listen on 127.0.0.1 port {port}: address already in use. {to_do}"


@pytest.mark.parametrize(
    ("host", "says"),
    [
        ("192.0.2.1", "Cannot listen on 192.0.2.1 port 0: cannot assign requested address."),
        ("::zz", "Cannot listen on ::zz: there is no such host."),
    ],
)
def test_an_address_that_is_not_ours_is_named_too(host: str, says: str) -> None:
    assert refusal(host, 0) == f"{says} Choose another with --host or server.host."


def test_the_address_is_one_that_can_be_called() -> None:
    with app.listen("127.0.0.1", 0) as listener:
        assert app.address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_limits_are_those_of_the_settings_and_a_drain_is_only_for_who_wants_it(tmp_path: Path) -> None:
    limits = app.limits(settings(tmp_path, body_limit_bytes=7, header_timeout_ms=1_500, body_timeout_ms=2_500, idle_timeout_ms=3_500))
    assert (limits.body_bytes, limits.header_timeout_s, limits.body_timeout_s, limits.idle_timeout_s) == (7, 1.5, 2.5, 3.5)
    assert limits.drain_s == 0
    assert app.limits(settings(tmp_path, on_disconnect="drain", drain_ms=4_500)).drain_s == 4.5


@dataclass
class Opened:
    """What a start has opened: it must be closed again, whatever refuses to go on."""

    listeners: list[socket.socket] = field(default_factory=list[socket.socket])
    journals: list[FileJournal] = field(default_factory=list[FileJournal])
    stores: list[Stores] = field(default_factory=list[Stores])
    closed: list[object] = field(default_factory=list[object])

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        listen, build, close = app.listen, sqlite.build, FileJournal.close

        def listening(host: str, port: int) -> socket.socket:
            self.listeners.append(listen(host, port))
            return self.listeners[-1]

        def building(options: sqlite.Options) -> Stores:
            made = build(options)
            self.stores.append(replace(made, close=lambda: (self.closed.append("store"), made.close())[1]))
            return self.stores[-1]

        def closing(journal: FileJournal) -> None:
            self.closed.append("journal")
            close(journal)

        patch.setattr(app, "listen", listening)
        patch.setattr(sqlite, "build", building)
        patch.setattr(FileJournal, "close", closing)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    watching = Opened()
    watching.watch(monkeypatch)
    return watching


def test_a_data_directory_that_cannot_be_written_is_a_start_error_and_leaves_no_socket(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(ConfigError, match=r"cannot be written.*Give Headgate a data_dir it may write to"):
        app.run(settings(tmp_path), lambda ready: None)
    assert [listener.fileno() for listener in opened.listeners] == [-1]


def test_a_journal_that_cannot_be_written_leaves_nothing_open_and_makes_no_key_that_nobody_sees(tmp_path: Path, opened: Opened) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / FOLDER).write_text("a file")
    with pytest.raises(ConfigError, match=r"The journal in .* cannot be written"):
        app.run(settings(tmp_path), lambda ready: None)
    assert [listener.fileno() for listener in opened.listeners] == [-1] and opened.closed == ["store"]
    stores = store(tmp_path / "data")
    assert keys.every(stores) == []
    stores.close()


def test_a_configuration_that_cannot_be_used_makes_no_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Catalog:
        raise ConfigError("no")

    wanted = settings(tmp_path)
    monkeypatch.setattr(catalog, "build", refuse)
    with pytest.raises(ConfigError, match="no"):
        app.run(wanted, lambda ready: None)
    assert not wanted.data_dir.exists()


def test_whoever_cannot_be_told_that_it_is_ready_ends_it_in_order(tmp_path: Path, opened: Opened) -> None:
    def ready(one: app.Ready) -> None:
        raise ConfigError("nobody listens")

    handlers = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        with pytest.raises(ConfigError, match="nobody listens"):
            app.run(settings(tmp_path), ready)
    finally:
        for number, former in zip((signal.SIGTERM, signal.SIGINT), handlers, strict=True):
            signal.signal(number, former)
    assert [listener.fileno() for listener in opened.listeners] == [-1] and opened.closed == ["journal", "store"]


def test_it_serves_until_it_is_told_to_stop_and_shows_its_first_admin_key_once(tmp_path: Path) -> None:
    found: list[app.Ready] = []

    def ready(one: app.Ready) -> None:
        found.append(one)
        os.kill(os.getpid(), signal.SIGTERM)

    before = [signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)]
    try:
        for _ in range(2):
            app.run(settings(tmp_path), ready)
    finally:
        for number, former in zip((signal.SIGTERM, signal.SIGINT), before, strict=True):
            signal.signal(number, former)
    first, second = found
    assert first.url.startswith("http://127.0.0.1:") and second.admin_key is None
    assert first.admin_key is not None and first.admin_key.startswith("hg-")


async def test_the_whole_process_serves_both_dialects_health_and_a_console(tmp_path: Path) -> None:
    with outside(tmp_path) as gateway:
        for path in ("/health/live", "/health/ready"):
            assert (await ask(gateway.url, path, None)).status == 200
        for dialect in DIALECTS:
            for stream in (False, True):
                answer = await ask(gateway.url, dialect.path, dialect.body(stream), key=gateway.admin_key)
                assert answer.status == 200 and answer.whole
        console = await ask(gateway.url, "/", None)
        assert console.status in (200, 303) and "server" not in console.headers
        rows = gateway.recorded(4)
    assert {row.outcome for row in rows} == {"ok"} and len(rows) == 4 and all(row.cost_nano for row in rows)
    times = [(row.queue_us, row.upstream_first_byte_us, row.total_us) for row in rows]
    assert all(0 <= (queue or 0) <= (first or 0) <= total + 1_000 for queue, first, total in times), times


@dataclass
class Flaky:
    """A store that is away for some of the times it is asked."""

    stores: Any
    away: set[int] = field(default_factory=set[int])
    asked: int = 0

    @property
    def keys(self) -> Any:
        self.asked += 1
        if self.asked in self.away:
            raise StoreUnavailable("locked")
        return self.stores.keys


async def test_keys_are_followed_and_a_store_that_is_away_changes_nothing_and_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "ACCESS_POLL_S", 0.005)
    stores = store(tmp_path)
    flaky = Flaky(stores, away={3, 4, 5})
    gateway = Gateway(SetClock(), ListJournal(), Transport(), access.load(stores), Catalog({}))
    known: Access = gateway.access
    following = asyncio.create_task(app.follow(gateway, cast(Any, flaky)))
    try:
        async with asyncio.timeout(10):
            while flaky.asked < 7:
                await asyncio.sleep(0.001)
            assert gateway.access is known
            row, _ = keys.create(stores, SystemClock(), os.urandom, keys.NewKey("new"))
            while row.id not in gateway.access.keys:
                await asyncio.sleep(0.001)
    finally:
        following.cancel()
        await asyncio.wait([following])
        stores.close()
    assert caplog.text.count("access_not_refreshed") == 1
