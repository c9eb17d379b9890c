"""What is served beside the data plane: health, and the admin app, which is loaded when it is first asked for.

Importing the admin app takes longer than the whole data plane does to start, so the data plane answers before it is there (O8). The
import runs in a thread, and what the loop notices of it are the moments in which the thread keeps the interpreter to itself: about 10 ms
at the most where the packages' bytecode is installed with them. Where it is not, Python compiles FastAPI's largest file in one go, which
takes it 40 ms.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LIVE, READY = "/health/live", "/health/ready"

SWITCH_S = 0.001
"""How long threads keep the interpreter while the admin app is loaded: the usual 5 ms make every turn of the loop wait 5 ms more."""


class Beside:
    """An ASGI app."""

    def __init__(self, trouble: Callable[[], str | None], load: Callable[[], App]) -> None:
        """`trouble` says why no requests are taken now, None when all is well; `load` imports the admin app and makes it."""
        self._trouble = trouble
        self._load = load
        self._loading: asyncio.Task[App] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == LIVE:
            await answer(send, 200, b'{"status":"live"}')
        elif path == READY:
            trouble = self._trouble()
            reason = b"" if trouble is None else b',"reason":"%b"' % trouble.encode("ascii", "replace")
            await answer(send, 200 if trouble is None else 503, b'{"status":"%b"%b}' % (b"not ready" if reason else b"ready", reason))
        else:
            if self._loading is None or (self._loading.done() and self._loading.exception() is not None):
                self._loading = asyncio.create_task(asyncio.to_thread(self._loaded))
            app = await asyncio.shield(self._loading)
            await app(scope, receive, send)

    def _loaded(self) -> App:
        usual_s = sys.getswitchinterval()
        sys.setswitchinterval(SWITCH_S)
        try:
            return self._load()
        finally:
            sys.setswitchinterval(usual_s)


async def answer(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
