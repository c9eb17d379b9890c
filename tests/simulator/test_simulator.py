from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from headgate.simulator import Directive, Simulator, start
from tests.support.sim_client import CHAT, MESSAGES, ask, chat, messages


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    running = await start()
    yield running
    await running.close()


async def test_the_same_request_gets_the_same_words_and_ids_of_its_own(simulator: Simulator) -> None:
    one, two = await chat(simulator), await chat(simulator)
    assert one.json["choices"] == two.json["choices"]
    assert one.json["id"] != two.json["id"]
    assert one.headers["x-request-id"] == one.json["id"].replace("chatcmpl-", "req_")


async def test_every_header_that_tells_makes_another_request(simulator: Simulator) -> None:
    answers = [
        await ask(simulator, "/v1/messages", MESSAGES, headers)
        for headers in ({}, {"anthropic-version": ""}, {"authorization": ""}, {"x-sim": "tokens=3"}, {"content-encoding": "gzip"}, {})
    ]
    assert [answer.status for answer in answers] == [200, 400, 401, 200, 400, 200]
    assert answers[3].json["usage"]["output_tokens"] == 3


async def test_another_seed_says_other_things(simulator: Simulator) -> None:
    other = await start(seed=7)
    try:
        assert (await chat(other)).json["choices"] != (await chat(simulator)).json["choices"]
    finally:
        await other.close()


async def test_a_directive_survives_in_the_models_name(simulator: Simulator) -> None:
    answer = await chat(simulator, model="gpt-4.1?tokens=5")
    assert (answer.json["model"], answer.json["usage"]["completion_tokens"]) == ("gpt-4.1", 5)
    assert (await chat(simulator, model="gpt-4.1?status=503")).status == 503
    assert (await chat(simulator, "status=418", model="gpt-4.1?status=503")).status == 418


async def test_the_first_requests_of_an_id_fail(simulator: Simulator) -> None:
    assert [(await chat(simulator, "fail_first=2;id=a")).status for _ in range(4)] == [500, 500, 200, 200]
    assert (await chat(simulator, "fail_first=2;id=b")).status == 500


async def test_faults_can_begin_later(simulator: Simulator) -> None:
    assert [(await chat(simulator, model="gpt-4.1?status=529&after=2")).status for _ in range(4)] == [200, 200, 529, 529]


async def test_a_script_is_used_up_request_by_request(simulator: Simulator) -> None:
    simulator.script = ["status=500", None, Directive(status=429)]
    assert [(await chat(simulator)).status for _ in range(4)] == [500, 200, 429, 200]


async def test_requests_are_kept_as_they_came(simulator: Simulator) -> None:
    await ask(simulator, "/v1/messages?beta=true", MESSAGES, {"anthropic-beta": "a,b"})
    [seen] = simulator.requests
    assert (seen.method, seen.path, seen.header("anthropic-beta"), seen.status) == ("POST", "/v1/messages", "a,b", 200)
    assert msgspec.json.decode(seen.body) == MESSAGES


async def test_another_process_can_look_script_and_reset(simulator: Simulator) -> None:
    await ask(simulator, "/_sim/script", ["status=500"])
    assert (await chat(simulator)).status == 500
    shown = (await ask(simulator, "/_sim/requests")).json
    assert (shown["total"], shown["requests"][0]["status"], shown["requests"][0]["path"]) == (1, 500, "/v1/chat/completions")
    await ask(simulator, "/_sim/reset", {})
    assert (await ask(simulator, "/_sim/requests")).json["requests"] == []
    assert (await ask(simulator, "/_sim/nonsense")).status == 404
    assert (await ask(simulator, "/_sim/script", {"status": 500})).status == 400


async def test_caches_are_used_over_the_wire(simulator: Simulator) -> None:
    system = [{"type": "text", "text": "river " * 100, "cache_control": {"type": "ephemeral"}}]
    usages = [(await messages(simulator, system=system)).json["usage"] for _ in range(3)]
    assert [usage["cache_read_input_tokens"] for usage in usages] == [0, 150, 150]


async def test_answers_are_as_fresh_as_the_clock() -> None:
    now_s = 100
    simulator = Simulator(now_s=lambda: now_s)
    await simulator.listen("127.0.0.1", 0)
    try:
        first = (await chat(simulator)).json["created"]
        now_s = 101
        assert (first, (await chat(simulator)).json["created"]) == (100, 101)
    finally:
        await simulator.close()


async def test_closing_ends_every_connection() -> None:
    simulator = await start()
    waiting = asyncio.create_task(chat(simulator, "stall=accept"))
    while not simulator.requests:
        await asyncio.sleep(0)
    await simulator.close()
    assert (await waiting).ended in ("closed", "reset")
    with pytest.raises(OSError):
        await asyncio.open_connection(simulator.host, simulator.port)


async def test_embeddings_and_models_are_there_too(simulator: Simulator) -> None:
    assert (await ask(simulator, "/v1/embeddings", {"model": "e", "input": "x"})).status == 200
    assert (await ask(simulator, "/v1/messages/count_tokens", CHAT)).json == {"input_tokens": 10}
    assert (await ask(simulator, "/v1/models")).status == 200
