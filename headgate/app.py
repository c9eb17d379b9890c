"""Puts a gateway together from its settings and runs it until it is told to stop."""

from __future__ import annotations

import asyncio
import errno
import gc
import logging
import os
import resource
import signal
import socket
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from types import FrameType

import uvicorn
import uvloop

from headgate import registry
from headgate.clock import SystemClock
from headgate.config import catalog, prices
from headgate.config.schema import Settings
from headgate.control import access, keys
from headgate.core.errors import ConfigError, HeadgateError
from headgate.core.ports import Catalog, Clock
from headgate.core.stores import Stores
from headgate.front import protocol, routes
from headgate.front.beside import Beside
from headgate.ledger import journal
from headgate.ledger.supervise import Supervisor
from headgate.pipeline.gateway import Gateway
from headgate.pipeline.handle import handle
from headgate.stores import sqlite
from headgate.upstream.transport import Transport

log = logging.getLogger("headgate")

ACCESS_POLL_S = 0.25
"""How often a process looks whether keys have changed: a revocation is in force within a second (O5)."""


OTHER_HOST = "Choose another with --host or server.host."
TO_DO = {
    errno.EADDRINUSE: "Stop what uses it, or choose another with --port or server.port.",
    errno.EACCES: "Choose another with --port or server.port.",
}
"""By what is wrong with a port; anything else is wrong with the address."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What is known once the server answers."""

    url: str
    admin_key: str | None
    """The first admin key, whole, where this start made it; it is not shown again."""


def run(settings: Settings, ready: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM or SIGINT, then let running requests finish. Raises ConfigError where it cannot start."""
    allow_connections()
    clock = SystemClock()
    models = catalog.build(settings, prices.load())
    with (
        listen(settings.server.host, settings.server.port) as listener,
        closing(sqlite.build(sqlite.Options(settings.data_dir / sqlite.FILE_NAME))) as stores,
        recording(settings, clock) as entries,
    ):
        # Only now that nothing refuses to start any more: the key is shown by this start or never.
        admin_key = keys.bootstrap_admin(stores, clock, os.urandom)
        parts = Parts(clock, stores, entries, models)
        uvloop.run(_serve(settings, listener, parts, lambda url: ready(Ready(url, admin_key))))


@contextmanager
def recording(settings: Settings, clock: Clock) -> Generator[journal.FileJournal]:
    """An open journal and a recorder that loads it, ended in this order: so the recorder can finish with its files."""
    options = settings.journal
    entries = journal.FileJournal(
        settings.data_dir,
        journal.new_writer(clock.now_us(), os.urandom(8)),
        journal.Options(options.fsync, options.fsync_interval_ms, options.segment_bytes),
    )
    recorder = Supervisor(settings.data_dir)
    recorder.start()
    try:
        yield entries
    finally:
        entries.close()
        recorder.stop()


@dataclass(frozen=True, slots=True)
class Parts:
    """What outlives the event loop."""

    clock: SystemClock
    stores: Stores
    journal: journal.FileJournal
    models: Catalog


async def _serve(settings: Settings, listener: socket.socket, parts: Parts, ready: Callable[[str], None]) -> None:
    gateway = Gateway(
        clock=parts.clock,
        journal=parts.journal,
        transport=Transport(),
        access=access.load(parts.stores),
        catalog=parts.models,
        max_attempts=settings.server.max_attempts,
    )
    door = protocol.Door(lambda exchange: handle(gateway, exchange.route, exchange), limits(settings), routes.Table())
    config = uvicorn.Config(
        Beside(lambda: parts.journal.unavailable, lambda: registry.admin().load(parts.stores, parts.clock, settings)),
        http=protocol.protocol_for(door),
        loop="none",
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,  # and so its own environment variable for them is not read either
        backlog=4096,
        timeout_keep_alive=settings.server.idle_timeout_ms // 1000 or 1,
        timeout_graceful_shutdown=settings.server.grace_period_ms / 1000,  # pyright: ignore[reportArgumentType] - any number will do
    )
    # uvicorn hands the signal on once it has stopped; what is left to do then is ours, and not to be cut short.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ignore)
    # What was made until now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    following = asyncio.create_task(follow(gateway, parts.stores))
    try:
        await Server(config, lambda: ready(address(listener))).serve(sockets=[listener])
    finally:
        following.cancel()
        await gateway.transport.close()


def ignore(_number: int, _frame: FrameType | None) -> None:
    """Takes a signal and does nothing."""


class Server(uvicorn.Server):
    """uvicorn's, telling when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        try:
            self._ready()
        except BaseException:
            await self.shutdown(sockets)  # a loop with an open listener would wait for it for ever
            raise


async def follow(gateway: Gateway, stores: Stores) -> None:
    """Keep the snapshot of keys current, off the event loop."""
    failing = False
    while True:
        await asyncio.sleep(ACCESS_POLL_S)
        try:
            gateway.access = await asyncio.to_thread(access.load, stores, gateway.access)
            failing = False
        except HeadgateError as error:
            # The store is away: what is known stays in force, and requests go on.
            if not failing:
                log.warning("access_not_refreshed error=%s", error.code)
            failing = True


def limits(settings: Settings) -> protocol.Limits:
    server = settings.server
    return protocol.Limits(
        body_bytes=server.body_limit_bytes,
        header_timeout_s=server.header_timeout_ms / 1000,
        body_timeout_s=server.body_timeout_ms / 1000,
        idle_timeout_s=server.idle_timeout_ms / 1000,
        drain_s=server.drain_ms / 1000 if server.on_disconnect == "drain" else 0.0,
    )


def allow_connections() -> None:
    """Take as many file descriptors as the system lets us have: every stream needs two."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises ConfigError with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=4096)
    except OSError as cause:
        number = cause.errno or 0
        if number <= 0:  # a name that could not be looked up
            raise ConfigError(f"Cannot listen on {host}: there is no such host. {OTHER_HOST}") from cause
        raise ConfigError(f"Cannot listen on {host} port {port}: {os.strerror(number).lower()}. {TO_DO.get(number, OTHER_HOST)}") from cause


def address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
