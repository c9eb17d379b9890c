"""Which answers are passed on, which are tried again, and how long is waited between; the laws are in tests/laws/test_r1_r2_attempts.py."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest

from headgate.pipeline import attempts
from headgate.upstream.reply import HttpReply
from headgate.wire import openai_chat
from tests.support.client import ask
from tests.support.dialects import ANTHROPIC, DIALECTS, OPENAI, Dialect, by_name
from tests.support.inside import KEY, inside

STREAM = openai_chat.CODEC.read_request(b'{"model":"m","stream":true,"messages":[{"role":"user"}]}')
PLAIN = openai_chat.CODEC.read_request(b'{"model":"m","messages":[{"role":"user"}]}')


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (b"text/event-stream", True),
        (b"text/event-stream; charset=utf-8", True),
        (b"text/plain", True),
        (b"application/octet-stream", True),
        (None, True),
        (b"application/json", False),
        (b"application/problem+json", False),
        (b"text/html; charset=utf-8", False),
    ],
)
async def test_a_stream_is_what_was_asked_for_and_is_not_something_else(kind: bytes | None, expected: bool) -> None:
    headers = [] if kind is None else [(b"content-type", kind)]
    reply = HttpReply(Unused(), asyncio.get_running_loop(), 200, headers, None)
    assert attempts.is_stream(reply, STREAM) is expected
    assert attempts.is_stream(reply, PLAIN) is False


class Unused:
    """A connection that nobody touches."""

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def content_seen(self) -> None: ...
    def release(self) -> None: ...
    def abort(self) -> None: ...


async def test_waits_grow_with_each_repetition_and_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    async with inside(max_attempts=9) as running:
        running.gateway.dice = lambda: 0.5

        async def sleep(seconds: float) -> None:
            waits.append(seconds)

        monkeypatch.setattr(attempts, "asyncio", SimpleNamespace(sleep=sleep))
        await ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers={"x-sim": "status=500"})
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
async def test_what_a_provider_says_about_the_request_itself_is_passed_on_word_for_word(dialect: Dialect) -> None:
    async with inside() as running:
        answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers={"x-sim": "status=400;code=odd_value"})
        [row] = running.rows
    assert answer.status == 400 and b"odd_value" in answer.body
    assert (row.status_code, row.error, row.usage_source) == (400, "upstream_400", "none")
    assert answer.headers["x-headgate-attempts"] == "1"


async def test_a_refusal_that_no_client_could_read_becomes_one_of_ours() -> None:
    async with inside() as running:
        answer = await ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers={"x-sim": "status=400;garbage=html"})
        other = await ask(running.url, ANTHROPIC.path, ANTHROPIC.body(False), key=KEY, headers={"x-sim": "status=404;cut_byte=5"})
    assert answer.status in (400, 502) and answer.json["error"]["message"]
    assert other.status == 500 and other.json["error"]["details"]["error_code"] == "upstream_truncated"


@pytest.mark.parametrize(("fault", "status"), [("status=429;retry_after=7", 429), ("status=503;retry_after=7", 503)])
async def test_when_all_attempts_were_turned_away_the_last_answer_says_when_to_come_back(fault: str, status: int) -> None:
    async with inside(max_attempts=2) as running:
        running.gateway.dice = lambda: 0.0
        answer = await ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers={"x-sim": fault})
        [row] = running.rows
    assert (answer.status, answer.headers["retry-after"]) == (status, "7")
    assert [attempt.status_code for attempt in row.attempts] == [status]  # so long nobody waits here: the client is told


async def test_a_provider_that_asks_for_a_moment_is_given_it() -> None:
    async with inside(max_attempts=2) as running:
        running.gateway.dice = lambda: 0.0
        fault = {"x-sim": "fail_first=1;status=429;retry_after=1;id=moment"}
        answer = await ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers=fault)
        [row] = running.rows
    assert answer.status == 200 and [attempt.status_code for attempt in row.attempts] == [429, 200]
    assert row.attempts[1].started_us - row.attempts[0].ended_us >= 1_000_000
