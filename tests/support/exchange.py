"""An exchange without a connection: what was asked is given, what is answered is kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from headgate.core.ports import Headers


@dataclass
class FakeExchange:
    headers: Headers = field(default_factory=list[tuple[bytes, bytes]])
    sent: bytes = b""
    """The request's body."""
    query: bytes = b""
    parameter: bytes = b""
    started: bool = False
    paused: bool = False
    gone: bool = False
    on_flow: Callable[[bool], None] | None = None
    status: int = 0
    answer_headers: Headers = field(default_factory=list[tuple[bytes, bytes]])
    written: list[bytes] = field(default_factory=list[bytes])
    ended: bool = False
    aborted: bool = False

    def header(self, name: bytes) -> bytes | None:
        return dict(self.headers).get(name)

    def repeats(self, name: bytes) -> bool:
        return sum(1 for header in self.headers if header[0] == name) > 1

    async def body(self) -> bytes:
        return self.sent

    def reply(self, status: int, headers: Headers, body: bytes) -> None:
        self.start(status, headers)
        self.written.append(body)
        self.end()

    def start(self, status: int, headers: Headers) -> None:
        self.started, self.status, self.answer_headers = True, status, headers

    def write(self, data: bytes) -> None:
        if data and not self.ended:
            self.written.append(data)

    def end(self) -> None:
        self.ended = True

    def abort(self) -> None:
        self.aborted = True

    @property
    def said(self) -> dict[bytes, bytes]:
        return dict(self.answer_headers)
