"""The requests that the demo sends."""

from __future__ import annotations

import random
import socket

from headgate.demo import traffic
from headgate.demo.traffic import Caller
from headgate.front.routes import ROUTES

ANYONE = Caller("hg-a-b", None)
LIMITED = Caller("hg-c-d", frozenset({"fast", "embeddings"}))


def test_every_surface_is_called_streamed_and_not_and_some_calls_go_wrong() -> None:
    calls = [traffic.call(ANYONE, index, random.Random(index)) for index in range(400)]
    assert {call.path for call in calls} == {route.path for route in ROUTES if "{" not in route.path}
    assert {bool(call.body and call.body.get("stream")) for call in calls} == {True, False}
    assert any("status=503" in call.headers["x-sim"] for call in calls)
    assert any("cut=" in call.headers["x-sim"] for call in calls)
    assert calls[traffic.NOBODY].headers["authorization"] != f"Bearer {ANYONE.key}"


def test_a_limited_key_mostly_asks_for_what_it_may_use() -> None:
    asked = [call.body["model"] for index in range(400) if (call := traffic.call(LIMITED, index, random.Random(index))).body]
    outside = sum(model not in ("fast", "embeddings") for model in asked)
    assert 0 < outside < len(asked) / 10


def test_the_same_dice_give_the_same_call() -> None:
    assert traffic.call(ANYONE, 7, random.Random(7)) == traffic.call(ANYONE, 7, random.Random(7))


def test_a_gateway_that_is_gone_ends_the_sending() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert traffic.send(f"http://127.0.0.1:{port}", [ANYONE], 2, random.Random(1)).ids == []


def test_no_seconds_no_requests() -> None:
    assert traffic.send("http://127.0.0.1:1", [ANYONE], 0, random.Random(1)).ids == []
