"""A small HTTP client for tests: one request, one whole answer. Where SDKs matter, the real ones are used instead."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    """The framing ended as announced."""

    @property
    def json(self) -> Any:
        return json.loads(self.body)


async def ask(
    url: str,
    path: str,
    body: object | None,
    *,
    key: str | None = None,
    headers: Mapping[str, str] | None = None,
    timeout_s: float = 20,
) -> Answer:
    """POST `body` (JSON, or bytes as they are), or GET where it is None."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"{'GET' if body is None else 'POST'} {path} HTTP/1.1",
        "host: gateway",
        "connection: close",
        f"content-length: {len(content)}",
    ]
    lines += [f"authorization: Bearer {key}"] if key is not None else []
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        return await asyncio.wait_for(_answer(reader), timeout_s)
    finally:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body, whole = b"", True
    try:
        if headers.get("transfer-encoding") == "chunked":
            while size := int(await reader.readuntil(b"\r\n"), 16):
                body += (await reader.readexactly(size + 2))[:-2]
            await reader.readexactly(2)
        else:
            body = await reader.readexactly(int(headers["content-length"]))
    except asyncio.IncompleteReadError as cut:
        body, whole = body + cut.partial, False
    return Answer(int(head[0].split()[1]), headers, body, whole)
