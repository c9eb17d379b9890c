"""While the admin app is loaded, threads take turns more often, so that the loop is not kept waiting (O3)."""

from __future__ import annotations

import asyncio
import sys
import threading

import pytest

from headgate.front.beside import App, Beside, Receive, Scope, Send

SCOPE: Scope = {"type": "http", "path": "/"}


async def receive() -> dict[str, object]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def send(message: object) -> None:
    pass


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    pass


@pytest.mark.parametrize("failing", [False, True])
async def test_turns_are_short_while_it_is_loaded_in_a_thread_and_as_ever_after_that(failing: bool) -> None:
    usual_s = sys.getswitchinterval()
    seen: list[tuple[float, threading.Thread]] = []

    def load() -> App:
        seen.append((sys.getswitchinterval(), threading.current_thread()))
        if failing:
            raise RuntimeError("the store is away")
        return answer

    app = Beside(lambda: None, load)
    loading = app(SCOPE, receive, send)
    if failing:
        with pytest.raises(RuntimeError, match="away"):
            await loading
    else:
        await asyncio.wait_for(loading, 10)
    [(during_s, thread)] = seen
    assert during_s < usual_s == sys.getswitchinterval()
    assert thread is not threading.current_thread()
