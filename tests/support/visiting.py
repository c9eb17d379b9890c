"""A client that sees its answer as it comes, chunk by chunk, and may leave in the middle of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass
class Visit:
    """One request on a connection of its own, and what has come back of it so far."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict[str, str])
    chunks: list[bytes] = field(default_factory=list[bytes])
    """What came, each chunk of the framing for itself; a body with a length is one."""
    whole: bool = False
    """The framing has ended as announced."""

    @property
    def body(self) -> bytes:
        return b"".join(self.chunks)

    async def head(self) -> None:
        """Read status and headers. Raises IncompleteReadError where the connection ends before them."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:] if line)}

    async def chunk(self) -> bytes:
        """The next chunk; nothing at the clean end. Raises IncompleteReadError where the connection ends before it."""
        if "content-length" in self.headers:
            data = b"" if self.whole else await self.reader.readexactly(int(self.headers["content-length"]))
            self.whole = True
        else:
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            data = (await self.reader.readexactly(size + 2))[:-2]
            self.whole = size == 0
        if data:
            self.chunks.append(data)
        return data

    async def rest(self) -> None:
        """Read all that is left, however it ends."""
        try:
            while not self.whole:
                await self.chunk()
        except (asyncio.IncompleteReadError, ConnectionError):
            return

    def leave(self, reset: bool = False) -> None:
        if reset:
            self.writer.transport.abort()
        else:
            self.writer.close()


def raw(path: str, body: object | None, headers: Mapping[str, str]) -> bytes:
    """A request as bytes: POST `body`, as JSON or as it is, or GET where it is None."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "host: gateway", f"content-length: {len(content)}"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode("latin-1") + content


@asynccontextmanager
async def visiting(url: str, path: str, body: object | None, key: str | None, **headers: str) -> AsyncGenerator[Visit]:
    """A request that has been sent. Names of headers are spelled with underscores here."""
    own = {} if key is None else {"authorization": f"Bearer {key}"}
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(raw(path, body, own | {name.replace("_", "-"): value for name, value in headers.items()}))
        yield Visit(reader, writer)
    finally:
        writer.close()
