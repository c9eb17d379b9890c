"""R1: providers see at most `max_attempts` calls for one request. R2: what fails before the first content is never seen by the client."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from headgate.core.ports import Catalog, Deadlines
from tests.support.client import Answer, ask
from tests.support.dialects import DIALECTS, OPENAI, Dialect, by_name, failed
from tests.support.inside import KEY, Inside, inside
from tests.support.scripted import chunk, head, scripted

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
STREAM = pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])

EARLY = {
    "status=500": "upstream_error",
    "status=503": "upstream_overloaded",
    "status=429": "upstream_rate_limited",
    "status=409": "upstream_error",
    "reset=1": "upstream_reset",
    "cut=0": "upstream_truncated",
    "cut_byte=30": "upstream_truncated",
    "garbage=json": None,
    "garbage=html": "upstream_garbage",
    "error_body=1": "upstream_error",
    "stall=accept": "upstream_timeout_first_byte",
    "stall=first_content": "upstream_timeout_first_content",
}
"""A fault that strikes before any content → how its attempt is recorded; None where that differs between stream and plain."""
STREAMED = {
    "error_event=0": "upstream_error",
    "error_event=1": "upstream_error",
    "cut=1": "upstream_truncated",
    "garbage=sse": "upstream_garbage",
}


def impatient(running: Inside) -> None:
    """No waiting between attempts."""
    running.gateway.dice = lambda: 0.0


@STREAM
@BOTH
async def test_a_failure_before_content_is_invisible(dialect: Dialect, stream: bool) -> None:
    deadlines = Deadlines(first_byte_ms=120, first_content_ms=120)
    async with inside(deadlines, max_attempts=3) as running:
        impatient(running)
        for fault, code in (EARLY | STREAMED if stream else EARLY).items():
            sim = {"x-sim": f"{fault};fail_first=2;id={fault};tokens=9"}
            before = running.simulator.seen.total
            answer = await ask(running.url, dialect.path, dialect.body(stream), key=KEY, headers=sim)
            assert answer.status == 200 and answer.whole, (fault, answer.body)
            assert stream == (dialect.terminal in answer.body) and dialect.last_error(answer.body) is None if stream else True
            row = running.rows[-1]
            assert (row.outcome, row.usage_source, row.usage.completion) == ("ok", "provider", 9), fault
            errors = [attempt.error for attempt in row.attempts]
            assert len(errors) == running.simulator.seen.total - before == 3, fault
            assert errors[2] is None and errors[0] == errors[1] and errors[0] is not None and errors[0] in (code or errors[0]), fault
            assert answer.headers["x-headgate-attempts"] == "3"
            assert row.attempts[0].ended_us <= row.attempts[1].started_us


@STREAM
@BOTH
@pytest.mark.parametrize("most", [1, 2, 3, 5])
async def test_providers_see_no_more_calls_than_allowed(dialect: Dialect, stream: bool, most: int) -> None:
    async with inside(max_attempts=most) as running:
        impatient(running)
        for fault in ("status=500", "status=529" if dialect.name == "anthropic" else "status=503", "reset=1", "cut=0"):
            running.simulator.reset()
            answer = await ask(running.url, dialect.path, dialect.body(stream), key=KEY, headers={"x-sim": fault})
            assert answer.status >= 500 and failed(dialect, answer)
            assert running.simulator.seen.total == most == len(running.rows[-1].attempts)


@BOTH
async def test_a_request_that_is_itself_wrong_is_not_repeated(dialect: Dialect) -> None:
    async with inside(max_attempts=3) as running:
        for status in (400, 404, 413, 422):
            running.simulator.reset()
            answer = await ask(running.url, dialect.path, dialect.body(False), key=KEY, headers={"x-sim": f"status={status}"})
            assert (answer.status, running.simulator.seen.total) == (status, 1)
            row = running.rows[-1]
            assert (row.outcome, row.status_code, row.usage_source) == ("error", status, "none")


@BOTH
async def test_after_the_first_content_there_is_no_second_attempt(dialect: Dialect) -> None:
    async with inside(max_attempts=3) as running:
        sim = {"x-sim": "cut=9;interval_ms=5;tokens=20"}
        answer = await ask(running.url, dialect.path, dialect.body(True), key=KEY, headers=sim)
        assert answer.status == 200 and failed(dialect, answer) == "upstream_truncated"
        assert running.simulator.seen.total == 1 == len(running.rows[-1].attempts)


async def test_another_deployment_is_tried_before_the_same_one_again() -> None:
    async with inside(max_attempts=3) as running:
        impatient(running)
        body = OPENAI.body(False, model="both")
        answer = await ask(running.url, OPENAI.path, body, key=KEY, headers={"x-sim": "status=500"})
        models = [attempt.model for attempt in running.rows[-1].attempts]
    assert answer.status == 500 and len(models) == 3 and models[0] != models[1] and models[2] == models[0]


async def test_a_refused_credential_is_tried_elsewhere_but_never_twice_and_is_not_the_callers_fault() -> None:
    async with inside(max_attempts=3) as running:
        impatient(running)
        for model, tries in (("gpt", 1), ("both", 2)):
            running.simulator.reset()
            answer = await ask(running.url, OPENAI.path, OPENAI.body(False, model=model), key=KEY, headers={"x-sim": "auth=fail"})
            assert (answer.status, failed(OPENAI, answer), running.simulator.seen.total) == (502, "upstream_auth", tries)
            assert b"Incorrect API key" not in answer.body


async def test_fallbacks_and_retries_share_one_budget() -> None:
    async with inside(max_attempts=3) as running:
        impatient(running)
        models = running.gateway.catalog.models
        running.gateway.catalog = Catalog({**models, "gpt": replace(models["gpt"], fallbacks=("both", "unpriced"))})
        answer = await ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers={"x-sim": "status=500"})
        tried = [attempt.model for attempt in running.rows[-1].attempts]
    assert answer.status == 500 and len(tried) == 3 and tried[0] == "gpt-4.1"


async def test_a_client_that_leaves_between_attempts_stops_them() -> None:
    async with inside(max_attempts=3) as running:
        asked = asyncio.Event()

        def dice() -> float:
            asked.set()
            return 0.999

        running.gateway.dice = dice
        sending = asyncio.create_task(ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY, headers={"x-sim": "status=500"}))
        await asked.wait()
        sending.cancel()
        while not running.rows:
            await asyncio.sleep(0.001)
        assert (running.rows[0].outcome, running.simulator.seen.total) == ("client_gone", 1)


async def served(running: Inside, *events: bytes) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write(head(b"text/event-stream", b"transfer-encoding: chunked") + b"".join(map(chunk, events)) + chunk(b""))

    async with scripted(answer) as provider:
        provider.serves(running)
        return await ask(running.url, OPENAI.path, OPENAI.body(True), key=KEY)


async def test_a_stream_that_says_nothing_but_why_it_stops_keeps_its_events_when_no_terminator_comes() -> None:
    opening = b'data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant"},"finish_reason":null}]}\n\n'
    finish = b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}\n\n'
    async with inside() as running:
        answer = await served(running, opening, finish)
    assert answer.body == opening + finish + b"data: [DONE]\n\n"
    assert running.rows[0].outcome == "ok"


async def test_an_error_event_that_is_not_even_finished_is_still_a_failure_before_content() -> None:
    async with inside() as running:
        answer = await served(running, b'data: {"error":{"message":"overloaded","type":"server_error","code":"slow"}}')
    assert answer.status == 502 and failed(OPENAI, answer) == running.rows[0].error == "upstream_error"
