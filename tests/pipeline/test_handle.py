"""The page, as a client meets it: one request in, one answer out, one row."""

from __future__ import annotations

import json

import pytest

from headgate.core.errors import JournalUnavailable
from headgate.core.money import dollars
from tests.support.client import ask
from tests.support.inside import KEY, LIMITED_KEY, inside

CHAT = {"model": "gpt", "messages": [{"role": "user", "content": "hello"}]}


async def test_a_plain_chat_is_answered_and_recorded_with_its_cost() -> None:
    async with inside() as running:
        answer = await ask(running.url, "/v1/chat/completions", CHAT, key=KEY)
    assert answer.status == 200
    usage = answer.json["usage"]
    [row] = running.rows
    assert (row.outcome, row.status_code, row.usage_source) == ("ok", 200, "provider")
    assert row.cost_nano == usage["prompt_tokens"] * 2_000 + usage["completion_tokens"] * 8_000
    assert (row.key_id, row.team_id, row.alias, row.deployment) == ("tester000000", "team1", "gpt", "sim-openai/gpt-4.1")
    assert [(attempt.status_code, attempt.upstream_request_id) for attempt in row.attempts] == [(200, answer.headers["x-request-id"])]
    assert answer.headers["x-headgate-request-id"] == row.id
    assert answer.headers["x-headgate-cost-usd"] == dollars(row.cost_nano or 0)
    assert [entry.id for entry in running.journal.entries] == [row.id, row.id]


async def test_a_stream_is_passed_on_and_its_usage_hidden_from_who_did_not_ask() -> None:
    async with inside() as running:
        answer = await ask(running.url, "/v1/chat/completions", CHAT | {"stream": True}, key=KEY)
    assert answer.status == 200 and answer.headers["content-type"].startswith("text/event-stream")
    assert answer.body.endswith(b"data: [DONE]\n\n") and b"usage" not in answer.body
    [row] = running.rows
    assert (row.outcome, row.usage_source, row.stream) == ("ok", "provider", True)
    assert row.usage.output > 0 and row.first_content_us is not None


@pytest.mark.parametrize(
    ("key", "status", "says"),
    [
        (None, 401, "No API key was sent"),
        ("sk-something", 401, "not known here"),
        (KEY[:-1] + "X", 401, "not known here"),
        (KEY.replace("tester", "nobody"), 401, "not known here"),
    ],
)
async def test_without_a_good_key_nothing_is_served_and_the_refusal_is_recorded(key: str | None, status: int, says: str) -> None:
    async with inside() as running:
        answer = await ask(running.url, "/v1/chat/completions", CHAT, key=key)
    assert answer.status == status and says in answer.json["error"]["message"]
    assert [(row.outcome, row.status_code, row.key_id) for row in running.rows] == [("refused", 401, None)]
    assert running.admissions == [] and running.simulator.requests == []


async def test_an_unknown_model_is_refused_naming_those_the_key_may_use() -> None:
    async with inside() as running:
        unknown = await ask(running.url, "/v1/chat/completions", CHAT | {"model": "gpt-9"}, key=KEY)
        forbidden = await ask(running.url, "/v1/messages", {**CHAT, "model": "claude", "max_tokens": 5}, key=LIMITED_KEY)
    assert unknown.status == 404 and "gpt, claude, both, unpriced, embed" in unknown.json["error"]["message"]
    assert forbidden.status == 404 and "It may use: gpt." in forbidden.json["error"]["message"]
    assert [row.error for row in running.rows] == ["model_not_found", "model_not_found"]
    assert running.simulator.requests == []


async def test_a_model_on_the_wrong_surface_is_refused_and_says_why() -> None:
    async with inside() as running:
        answer = await ask(running.url, "/v1/messages", {**CHAT, "max_tokens": 5}, key=KEY)
    assert answer.status == 400 and "is not served on this route" in answer.json["error"]["message"]
    assert running.simulator.requests == []


async def test_models_are_those_of_the_key_in_the_dialect_of_the_client() -> None:
    async with inside() as running:
        openai = await ask(running.url, "/v1/models", None, key=LIMITED_KEY)
        anthropic = await ask(running.url, "/v1/models", None, key=LIMITED_KEY, headers={"anthropic-version": "2023-06-01"})
        one = await ask(running.url, "/v1/models/gpt", None, key=KEY)
        none = await ask(running.url, "/v1/models/claude", None, key=LIMITED_KEY)
    assert [model["id"] for model in openai.json["data"]] == ["gpt"] and openai.json["object"] == "list"
    assert [model["id"] for model in anthropic.json["data"]] == ["gpt"] and anthropic.json["has_more"] is False
    assert one.json["id"] == "gpt" and none.status == 404
    assert [row.route for row in running.rows] == ["openai.models", "anthropic.models", "openai.models", "openai.models"]


async def test_a_model_without_a_price_has_an_unknown_cost_not_none() -> None:
    async with inside() as running:
        answer = await ask(running.url, "/v1/chat/completions", CHAT | {"model": "unpriced"}, key=KEY)
    [row] = running.rows
    assert row.cost_nano is None and row.usage.output > 0
    assert "x-headgate-cost-usd" not in answer.headers


async def test_a_journal_that_cannot_be_written_refuses_and_calls_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    async with inside() as running:

        def full(entry: object) -> None:
            raise JournalUnavailable("The journal's disk is full.", retry_after_s=5)

        monkeypatch.setattr(running.journal, "admitted", full)
        monkeypatch.setattr(running.journal, "settled", full)
        answer = await ask(running.url, "/v1/chat/completions", CHAT, key=KEY)
    assert answer.status == 503 and answer.json["error"]["code"] == "journal_unavailable"
    assert answer.headers["retry-after"] == "5"
    assert running.simulator.requests == []


async def test_what_the_client_invents_arrives_and_its_credentials_do_not() -> None:
    async with inside() as running:
        headers = {
            "x-invented": "yes",
            "cookie": "a=b",
            "x-forwarded-for": "10.0.0.1",
            "idempotency-key": "k1",
            "openai-organization": "org",
        }
        await ask(running.url, "/v1/chat/completions?beta=1", CHAT | {"invented": {"a": [1]}}, key=KEY, headers=headers)
        [seen] = running.simulator.requests
    assert json.loads(seen.body) == {**CHAT, "model": "gpt-4.1", "invented": {"a": [1]}}
    sent = {name.decode(): value.decode() for name, value in seen.headers}
    assert sent["authorization"] == "Bearer sim-key" and sent["x-invented"] == "yes"
    assert sent["idempotency-key"] == "k1" and sent["openai-organization"] == "org" and seen.target == "/v1/chat/completions?beta=1"
    assert not {"cookie", "x-forwarded-for", "x-api-key"} & sent.keys() and KEY not in str(sent)
