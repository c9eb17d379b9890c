"""The load generator: raw protocols in a process of their own. Reads a Spec from its first line of input, prints a Result.

`python -m bench.load < spec.json`
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections import deque
from time import perf_counter
from typing import cast

import httptools
import msgspec
import uvloop

from bench.spec import Result, Spec

END_OF_STREAM = b"data: [DONE]\n\n"


class Client(asyncio.Protocol):
    """One keep-alive connection with one request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._sent_at = 0.0
        self._first_at = 0.0
        self._tail = b""
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.busy:
            self._load.failed += 1
            self._load.lost(self)

    def send(self) -> None:
        assert self._transport is not None
        self.busy = True
        self._first_at = 0.0
        self._tail = b""
        self._sent_at = perf_counter()
        self._transport.write(self._load.request)

    def close(self) -> None:
        self.busy = False
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_body(self, body: bytes) -> None:
        if not self._first_at:
            self._first_at = perf_counter()
            self._load.began(self._first_at - self._sent_at)
        self._load.events += body.count(b"\n\n")
        self._tail = body[-16:] if len(body) >= 16 else (self._tail + body)[-16:]

    def on_message_complete(self) -> None:
        self.busy = False
        whole = self._parser.get_status_code() == 200 and (not self._load.streams or self._tail.endswith(END_OF_STREAM))
        self._parser = httptools.HttpResponseParser(self)
        self._load.answered(self, self._sent_at, whole)


class Load:
    """All connections of one load, and what came of them."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.request = request_bytes(spec)
        self.streams = spec.kind != "paced"
        self.events = self.failed = self._finished = self._begun = self._asked = 0
        self._first_us: list[int] = []
        self._answer_us: list[int] = []
        self._idle: deque[Client] = deque()
        self._all: list[Client] = []
        self._done = asyncio.Event()
        self._ends_at = self._counts_from = 0.0

    async def connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(self.spec.connections):
            _, client = await loop.create_connection(lambda: Client(self), self.spec.host, self.spec.port)
            self._all.append(client)
            self._idle.append(client)

    async def run(self) -> Result:
        started, cpu = perf_counter(), _own_cpu_s()
        match self.spec.kind:
            case "streams":
                self._ask_all()
                await self._done.wait()
            case "paced":
                await self._pace()
            case "hold":
                await self._hold()
        for client in self._all:
            client.close()
        seconds = perf_counter() - started
        return Result(self._finished, self.failed, self.events, seconds, _own_cpu_s() - cpu, tuple(self._first_us), tuple(self._answer_us))

    # What the connections tell.

    def began(self, after_s: float) -> None:
        self._begun += 1
        if self.streams:
            self._first_us.append(int(after_s * 1e6))

    def answered(self, client: Client, sent_at: float, whole: bool) -> None:
        self._finished += 1
        self.failed += not whole
        if self.spec.kind == "paced":
            if sent_at >= self._counts_from:
                self._answer_us.append(int((perf_counter() - sent_at) * 1e6))
            self._idle.append(client)
        elif self._asked < self.spec.total:
            self._asked += 1
            client.send()
        elif self._finished >= self.spec.total:
            self._done.set()

    def lost(self, client: Client) -> None:
        self._all.remove(client)
        if not self._all:
            self._done.set()

    # How they are used.

    def _ask_all(self) -> None:
        for client in self._all[: self.spec.total or None]:
            self._asked += 1
            client.send()

    async def _pace(self) -> None:
        """Requests at even distances, whatever becomes of the ones before; none is sent while all connections are busy."""
        started = perf_counter()
        self._counts_from, self._ends_at = started + self.spec.skip_seconds, started + self.spec.seconds
        sent = 0
        while (now := perf_counter()) < self._ends_at:
            due = int((now - started) * self.spec.rate)
            while sent < due and self._idle:
                self._idle.popleft().send()
                sent += 1
            sent = max(sent, due - self.spec.connections)  # what could not be sent in time is not sent in a burst
            await asyncio.sleep(0)  # spins: a timer is a millisecond wide, which is what is to be measured

    async def _hold(self) -> None:
        self._ask_all()
        while self._begun < self.spec.connections and self._all:
            await asyncio.sleep(0.01)
        sys.stdout.write(f"open {self._begun}\n")
        sys.stdout.flush()
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


def request_bytes(spec: Spec) -> bytes:
    body = spec.body.encode()
    headers = {"host": f"{spec.host}:{spec.port}", "content-type": "application/json", **spec.headers, "content-length": str(len(body))}
    lines = [f"POST {spec.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + body


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def main() -> None:
    load = Load(msgspec.json.decode(sys.stdin.readline(), type=Spec))
    await load.connect()
    sys.stdout.write(msgspec.json.encode(await load.run()).decode() + "\n")


if __name__ == "__main__":
    uvloop.run(main())
