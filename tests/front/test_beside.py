"""Health, and the admin app that is loaded when it is first asked for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import MutableMapping
from typing import Any

import pytest

from headgate.front.beside import App, Beside, Receive, Scope, Send


async def get(app: Beside, path: str) -> tuple[int, bytes]:
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    await app({"type": "http", "path": path}, receive, send)
    return sent[0]["status"], sent[1]["body"]


class Loading:
    """Counts how often the admin app is made."""

    def __init__(self) -> None:
        self.times = 0
        self.failing = False

    def __call__(self) -> App:
        self.times += 1
        if self.failing:
            raise RuntimeError("the store is away")
        return self.answer

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"admin " + scope["path"].encode()})


async def test_health_needs_no_admin_app() -> None:
    loading = Loading()
    app = Beside(lambda: None, loading)
    assert await get(app, "/health/live") == (200, b'{"status":"live"}')
    assert await get(app, "/health/ready") == (200, b'{"status":"ready"}')
    assert loading.times == 0


async def test_who_cannot_write_its_journal_is_live_and_not_ready_and_says_why() -> None:
    app = Beside(lambda: "No space left on device", Loading())
    assert (await get(app, "/health/live"))[0] == 200
    status, body = await get(app, "/health/ready")
    assert (status, json.loads(body)) == (503, {"status": "not ready", "reason": "No space left on device"})


async def test_everything_else_is_the_admin_apps_which_is_made_once() -> None:
    loading = Loading()
    app = Beside(lambda: None, loading)
    answers = await asyncio.gather(*(get(app, path) for path in ("/", "/admin/api/keys", "/health", "/health/live/")))
    assert answers == [(200, b"admin /"), (200, b"admin /admin/api/keys"), (200, b"admin /health"), (200, b"admin /health/live/")]
    assert loading.times == 1


async def test_an_admin_app_that_could_not_be_made_is_tried_again_when_it_is_asked_for_again() -> None:
    loading = Loading()
    loading.failing = True
    app = Beside(lambda: None, loading)
    with pytest.raises(RuntimeError, match="away"):
        await get(app, "/")
    loading.failing = False
    assert await get(app, "/") == (200, b"admin /")
    assert loading.times == 2


async def test_a_client_that_leaves_while_it_loads_does_not_stop_the_loading() -> None:
    loading = Loading()
    app = Beside(lambda: None, loading)
    first = asyncio.ensure_future(get(app, "/"))
    await asyncio.sleep(0)
    first.cancel()
    assert await get(app, "/") == (200, b"admin /")
    assert loading.times == 1
