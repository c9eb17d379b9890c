"""The simulated providers behind one port, and how to start them."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec

from headgate.simulator import directive as directives
from headgate.simulator import routes
from headgate.simulator.connection import Connection
from headgate.simulator.dialect import ID_SLOT
from headgate.simulator.directive import HEALTHY, Directive
from headgate.simulator.headers import head_of
from headgate.simulator.play import Action, Cut, Step, play
from headgate.simulator.prefixes import Prefixes
from headgate.simulator.reading import Heads
from headgate.simulator.reply import Reply, Scene
from headgate.simulator.seen import Log, Seen
from headgate.simulator.wheel import Wheel

MOST_REMEMBERED = 256
LARGEST_REMEMBERED = 8 * 1024
MOST_COUNTED = 4_096

TELLING = (b"authorization", b"x-api-key", b"api-key", b"x-sim", b"anthropic-version", b"content-encoding")
"""The headers on which an answer depends."""
Key = tuple[str | bytes | None, ...]


def wall_seconds() -> int:
    """The simulator stands for the world outside, whose clock nobody passes in."""
    return time.time_ns() // 1_000_000_000


class Simulator:
    """Simulated providers: what they have seen, and what they will do next. Belongs to the running event loop."""

    def __init__(self, *, seed: int = 0, now_s: Callable[[], int] = wall_seconds) -> None:
        self.seen = Log()
        self.script: list[Directive | str | None] = []
        """What happens to the next requests, one entry each, before any directive of their own; None leaves a request alone."""
        self.prefixes = Prefixes()
        self.connections: set[Connection] = set()
        self.heads: Heads = {}
        self.wheel = Wheel(asyncio.get_running_loop())
        self.host, self.port = "", 0
        self._seed = seed
        self._now_s = now_s
        self._second = -1
        self._ids = 0
        self._remembered: dict[Key, list[bytes] | Reply] = {}
        self._counts: OrderedDict[str, int] = OrderedDict()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def requests(self) -> list[Seen]:
        """The latest requests, oldest first."""
        return list(self.seen)

    @property
    def open_connections(self) -> int:
        return len(self.connections)

    def reset(self) -> None:
        """Forget everything: requests, script, counts, caches."""
        self.seen.clear()
        self.prefixes.clear()
        self.script.clear()
        self._counts.clear()
        self._remembered.clear()

    async def listen(self, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self, loop), host, port, backlog=4_096)
        self.host, self.port = self._server.sockets[0].getsockname()[:2]

    async def close(self) -> None:
        """Stop listening and drop every connection."""
        if self._server is None:
            return
        self._server.close()
        for connection in tuple(self.connections):
            connection.drop()
        await self._server.wait_closed()
        self._server = None

    # Answering.

    def respond(self, seen: Seen, headers: dict[bytes, bytes]) -> bytes | Iterator[Action]:
        """What goes out for a request: all bytes at once where nothing is asked for, steps otherwise."""
        now_s = self._now_s()
        if now_s != self._second:  # answers carry the time, so they are remembered for a second at most
            self._second = now_s
            self._remembered.clear()
            self.heads.clear()
        self._ids += 1
        id = b"%08x%016x" % (self._seed & 0xFFFFFFFF, self._ids)
        key = (seen.target, seen.body, *map(headers.get, TELLING))
        if not self.script and (known := self._remembered.get(key)) is not None:
            return self._again(known, id, seen)
        if seen.target.startswith("/_sim/"):
            return self._control(seen)
        scripted = self.script.pop(0) if self.script else None
        reply = self._reply(seen, headers, scripted)
        seen.status = reply.status
        if scripted is None and seen.method == "POST":
            self._remember(key, seen, reply)
        return self._performed(reply, id)

    def _again(self, known: list[bytes] | Reply, id: bytes, seen: Seen) -> bytes | Iterator[Action]:
        if isinstance(known, list):
            seen.status = 200
            return id.join(known)
        seen.status = known.status
        return self._performed(known, id)

    def _remember(self, key: Key, seen: Seen, reply: Reply) -> None:
        if (
            not reply.repeatable
            or reply.directive.counts
            or len(seen.body) > LARGEST_REMEMBERED
            or len(self._remembered) >= MOST_REMEMBERED
        ):
            return
        plain = reply.directive == HEALTHY and reply.events is None and reply.status == 200
        self._remembered[key] = b"".join(_data(self._performed(reply, ID_SLOT))).split(ID_SLOT) if plain else reply

    def _performed(self, reply: Reply, id: bytes) -> Iterator[Action]:
        head = head_of(reply, self._second)
        named = tuple(line.replace(ID_SLOT, id) for line in head)
        return play(replace(reply, body=reply.body.replace(ID_SLOT, id)), named, id)

    def _reply(self, seen: Seen, headers: dict[bytes, bytes], scripted: Directive | str | None) -> Reply:
        texts = [headers.get(b"x-sim", b"").decode("latin-1")]
        fixed: Directive | None = scripted if isinstance(scripted, Directive) else None
        if isinstance(scripted, str):
            texts.append(scripted)

        def direct(model: str) -> Directive:
            if fixed is not None:
                return fixed
            behind = directives.split_model(model)[1]
            wanted = directives.read(behind, *texts)
            return self._counted(wanted, wanted.id or f"{seen.path} {model} {texts}")

        scene = Scene(
            seed=self._seed,
            now_s=self._second,
            credential=routes.credential_of(headers),
            prefixes=self.prefixes,
            direct=direct,
            version=headers.get(b"anthropic-version", b"").decode("latin-1"),
        )
        return routes.answer(seen, headers, scene)

    def _counted(self, wanted: Directive, id: str) -> Directive:
        if not wanted.counts:
            return wanted
        number = self._counts.pop(id, 0)
        self._counts[id] = number + 1
        while len(self._counts) > MOST_COUNTED:
            self._counts.popitem(last=False)
        return directives.within(wanted, number)

    def _control(self, seen: Seen) -> Iterator[Action]:
        """`/_sim/…`: for tests in another process."""
        body: Any = {}
        match (seen.method, seen.path):
            case ("GET", "/_sim/requests"):
                body = {
                    "total": self.seen.total,
                    "open_connections": self.open_connections,
                    "requests": [kept.as_json() for kept in self.seen],
                }
            case ("POST", "/_sim/reset"):
                self.reset()
            case ("POST", "/_sim/script"):
                self.script[:] = msgspec.json.decode(seen.body, type=list[str | None])
            case _:
                return iter((Step(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),))
        data = msgspec.json.encode(body)
        return iter((Step(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(data), data)),))


def _data(actions: Iterator[Action]) -> Iterator[bytes]:
    return (action.data for action in actions if not isinstance(action, Cut))


async def start(host: str = "127.0.0.1", port: int = 0, *, seed: int = 0) -> Simulator:
    """Simulated providers in this process, listening."""
    simulator = Simulator(seed=seed)
    await simulator.listen(host, port)
    return simulator
