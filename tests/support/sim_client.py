"""A plain HTTP client for tests of the simulator: it shows exactly what came over the wire and how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

import msgspec

from headgate.simulator import Simulator


@dataclass(slots=True)
class Answer:
    """What one connection brought."""

    status: int
    headers: dict[str, str]
    body: bytes
    ended: str
    """length, chunked: the body was whole · closed, reset: the connection ended first."""
    writes: list[bytes] = field(default_factory=list[bytes])
    """The chunks of a chunked body."""

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def data(self) -> list[Any]:
        """The decoded `data:` lines of a stream."""
        lines = [line.removeprefix(b"data: ") for line in self.body.splitlines() if line.startswith(b"data: ")]
        return [msgspec.json.decode(line) if line != b"[DONE]" else "[DONE]" for line in lines]


async def ask(simulator: Simulator, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """One request on a connection of its own; GET where there is no body."""
    reader, writer = await asyncio.open_connection(simulator.host, simulator.port)
    try:
        data = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        sent = {"host": "sim", "authorization": "Bearer sim-key", "anthropic-version": "2023-06-01"} | (headers or {})
        head = "".join(f"{name}: {value}\r\n" for name, value in sent.items() if value)
        method = "GET" if body is None else "POST"
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}content-length: {len(data)}\r\n\r\n".encode() + data)
        return await read_answer(reader)
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> Answer:
    """The next answer on a connection, however it ends."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as cut:
        return Answer(0, {}, cut.partial, "closed")
    except ConnectionError:
        return Answer(0, {}, b"", "reset")
    status, *lines = head.decode().strip().split("\r\n")
    headers = {name: value for name, _, value in (line.partition(": ") for line in lines)}
    answer = Answer(int(status.split()[1]), headers, b"", "length")
    try:
        if headers.get("transfer-encoding") == "chunked":
            await _chunks(reader, answer)
        else:
            answer.body = await reader.readexactly(int(headers["content-length"]))
    except asyncio.IncompleteReadError as cut:
        answer.body += cut.partial if answer.ended == "length" else b""
        answer.ended = "closed"
    except ConnectionError:
        answer.ended = "reset"
    return answer


async def _chunks(reader: asyncio.StreamReader, answer: Answer) -> None:
    answer.ended = "chunked"
    while size := int(await reader.readuntil(b"\r\n"), 16):
        answer.writes.append(await reader.readexactly(size))
        answer.body += answer.writes[-1]
        await reader.readexactly(2)
    await reader.readexactly(2)


CHAT: dict[str, Any] = {"model": "gpt-4.1", "messages": [{"role": "user", "content": "How high is the river?"}]}
MESSAGES: dict[str, Any] = {
    "model": "claude-sonnet-4-5",
    "max_tokens": 400,
    "messages": [{"role": "user", "content": "How high is the river?"}],
}


async def chat(simulator: Simulator, directive: str = "", **changes: Any) -> Answer:
    """A chat completion with a directive in its header."""
    return await ask(simulator, "/v1/chat/completions", {**CHAT, **changes}, {"x-sim": directive})


async def messages(simulator: Simulator, directive: str = "", **changes: Any) -> Answer:
    """A message with a directive in its header."""
    return await ask(simulator, "/v1/messages", {**MESSAGES, **changes}, {"x-sim": directive})
