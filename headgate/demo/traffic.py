"""Requests as apps send them, to a running gateway: all surfaces, streamed and not, and a few that go wrong."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

PER_SECOND = 4
SENDERS = 24
LONGEST_S = 5.0
"""After that no more are sent: whoever starts a demo wants to see it."""

TIMEOUT_S = 10.0

QUESTIONS = (
    "Where is my parcel? The tracking page has said 'in transit' for a week.",
    "Summarise this complaint in one sentence and suggest a reply.",
    "Which of our plans includes single sign-on?",
    "Write a haiku about rivers and gates.",
    "Explain the difference between a hold and a charge to a new colleague.",
    "Translate into French: the water level is regulated at the head of the canal.",
    "List three risks of sharing one API key between teams.",
)

FAULTS = {
    "fail_first=1;status=503;latency_ms=70;rate=300;tokens=40;id={id}": 6,
    "status=429;retry_after=1": 1,
    "cut=9;rate=200;tokens=60": 3,
    "status=500": 1,
}
"""Words in the header `x-sim`, which the gateway passes on to the simulated providers, who do what it says → how many of a hundred
requests have them."""


NOBODY = 3
"""Which request comes without a known key."""


@dataclass(frozen=True, slots=True)
class Call:
    path: str
    body: dict[str, Any] | None
    headers: dict[str, str]


@dataclass(slots=True)
class Sent:
    """What came of the requests."""

    ids: list[str] = field(default_factory=list[str])
    """Of all that were answered, by the header that names them."""
    retried: list[str] = field(default_factory=list[str])
    """Of those that took more than one attempt and were answered well."""


@dataclass(frozen=True, slots=True)
class Caller:
    key: str
    """The whole key."""
    models: frozenset[str] | None
    """What it may ask for; None means all."""


def send(url: str, callers: list[Caller], seconds: int, dice: random.Random) -> Sent:
    """So many seconds' worth of requests, sent as fast as they go. Waits until they are answered."""
    number = seconds * PER_SECOND
    waiting = deque(call(dice.choice(callers), index, dice) for index in range(number))
    sent, lock = Sent(), threading.Lock()
    until_s = time.monotonic() + LONGEST_S

    def work() -> None:
        where = urlsplit(url)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=TIMEOUT_S)
        while time.monotonic() < until_s and (one := take(waiting.popleft)) is not None:
            answer = ask(connection, one)
            if answer is None:
                continue
            id, attempts, good = answer
            with lock:
                sent.ids.append(id)
                if good and attempts > 1:
                    sent.retried.append(id)
        connection.close()

    threads = [threading.Thread(target=work, name=f"demo-traffic-{index}", daemon=True) for index in range(min(SENDERS, number))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sent


def take(next_one: Callable[[], Call]) -> Call | None:
    try:
        return next_one()
    except IndexError:
        return None


def ask(connection: http.client.HTTPConnection, one: Call) -> tuple[str, int, bool] | None:
    """The request's id, its attempts and whether it was answered well; None where no answer came."""
    try:
        body = None if one.body is None else json.dumps(one.body).encode()
        connection.request("GET" if body is None else "POST", one.path, body, one.headers)
        reply = connection.getresponse()
        reply.read()
    except (OSError, http.client.HTTPException):
        connection.close()
        return None
    return reply.headers.get("x-headgate-request-id", ""), int(reply.headers.get("x-headgate-attempts", "0")), reply.status < 400


def call(caller: Caller, index: int, dice: random.Random) -> Call:
    """One request, drawn by lot. A few ask for a model that their key may not use, and one has no key that is known."""
    make = dice.choices((chat, messages, embeddings, models), (50, 28, 18, 4))[0]
    path, body, headers = make(dice)
    if body is not None and caller.models is not None and body["model"] not in caller.models and dice.random() < 0.95:
        path, body, headers = dice.choice((embeddings, fast))(dice)
    headers["x-sim"] = f"latency_ms={dice.randrange(30, 160)};rate=400;tokens={dice.randrange(15, 70)}"
    if body is not None:
        fault = dice.choices((None, *FAULTS), (100 - sum(FAULTS.values()), *FAULTS.values()))[0]
        if fault is not None:
            headers["x-sim"] = fault.format(id=f"demo-{dice.getrandbits(64):x}")
    key = "hg-nobody-knows-this-key" if index == NOBODY else caller.key
    headers |= {"content-type": "application/json", "authorization": f"Bearer {key}"}
    return Call(path, body, headers)


Made = tuple[str, dict[str, Any] | None, dict[str, str]]
"""Path, body, headers."""


def chat(dice: random.Random) -> Made:
    body: dict[str, Any] = {"model": dice.choice(("smart", "smart", "fast")), "messages": conversation(dice)}
    return "/v1/chat/completions", body | ({"stream": True} if dice.random() < 0.6 else {}), {}


def fast(dice: random.Random) -> Made:
    path, body, headers = chat(dice)
    return path, (body or {}) | {"model": "fast"}, headers


def messages(dice: random.Random) -> Made:
    headers = {"anthropic-version": "2023-06-01"}
    body: dict[str, Any] = {"model": "claude", "messages": conversation(dice)}
    if dice.random() < 0.15:
        return "/v1/messages/count_tokens", body, headers
    return "/v1/messages", body | {"max_tokens": 400, "stream": dice.random() < 0.6}, headers


def embeddings(dice: random.Random) -> Made:
    return "/v1/embeddings", {"model": "embeddings", "input": [dice.choice(QUESTIONS) for _ in range(dice.randrange(1, 6))]}, {}


def models(_: random.Random) -> Made:
    return "/v1/models", None, {}


def conversation(dice: random.Random) -> list[dict[str, str]]:
    """A few turns, some of them long."""
    turns = dice.choice((1, 1, 3, 5))
    roles = ("user", "assistant")
    return [{"role": roles[turn % 2], "content": dice.choice(QUESTIONS) * dice.choice((1, 1, 8, 40))} for turn in range(turns)]
