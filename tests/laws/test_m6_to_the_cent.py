"""M6, end to end: what the provider says it used is charged class by class, as computed by hand; long prompts by their own tier."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import pytest

from headgate.core.money import Price, Rates, Tier, dollars
from headgate.core.ports import Catalog
from headgate.core.usage import Usage
from tests.support.client import ask
from tests.support.dialects import ANTHROPIC, DIALECTS, OPENAI, Dialect, by_name
from tests.support.inside import KEY, PRICE, Inside, inside
from tests.support.scripted import chunked, scripted, sized

BOTH = pytest.mark.parametrize("dialect", DIALECTS, ids=by_name)
STREAM = pytest.mark.parametrize("stream", [True, False], ids=["stream", "plain"])

SAID = {
    "openai": {
        "prompt_tokens": 1_300,
        "completion_tokens": 700,
        "total_tokens": 2_000,
        "prompt_tokens_details": {"cached_tokens": 1_024, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 512, "accepted_prediction_tokens": 3, "rejected_prediction_tokens": 2},
    },
    "anthropic": {
        "input_tokens": 276,
        "cache_read_input_tokens": 1_024,
        "cache_creation_input_tokens": 2_000,
        "cache_creation": {"ephemeral_5m_input_tokens": 2_000, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 700,
        "output_tokens_details": {"thinking_tokens": 512},
    },
}
CLASSES = {
    "openai": Usage(input=276, cache_read=1_024, output=188, reasoning=512),
    "anthropic": Usage(input=276, cache_read=1_024, cache_write_5m=2_000, output=188, reasoning=512),
}
# 2 USD/M input, 0.50 cached, 2.50 written, 8 out and reasoning: 276·2000 + 1024·500 + 2000·2500 + 700·8000 nano-dollars
COST = {"openai": 552_000 + 512_000 + 5_600_000, "anthropic": 552_000 + 512_000 + 5_000_000 + 5_600_000}


async def answered(dialect: Dialect, running: Inside, stream: bool, usage: object) -> bytes:
    """What a provider sends that reports this usage."""
    recorded = await dialect.recorded(running.simulator, stream, more=shown(dialect, stream))
    if not stream:
        return sized(json.dumps({**json.loads(recorded[0]), "usage": usage}).encode())
    said = b'"usage":' + json.dumps(usage).encode() + b"}\n\n"
    if dialect is OPENAI:
        return chunked([*recorded[:-2], b'data: {"id":"c","choices":[],' + said, recorded[-1]])
    delta = b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},' + said
    return chunked([*recorded[:-2], delta, recorded[-1]])


def shown(dialect: Dialect, stream: bool) -> dict[str, object]:
    return {"stream_options": {"include_usage": True}} if stream and dialect is OPENAI else {}


@STREAM
@BOTH
async def test_every_class_is_charged_as_computed_by_hand(dialect: Dialect, stream: bool) -> None:
    async with inside() as running:
        told = await answered(dialect, running, stream, SAID[dialect.name])

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(told)

        async with scripted(answer) as provider:
            provider.serves(running)
            got = await ask(running.url, dialect.path, dialect.body(stream), key=KEY)
    [row] = running.rows
    assert (row.usage, row.usage_source) == (CLASSES[dialect.name], "provider")
    assert (row.cost_nano, row.price_version) == (COST[dialect.name], PRICE.version)
    if not stream:
        assert got.headers["x-headgate-cost-usd"] == dollars(COST[dialect.name])


@STREAM
@BOTH
async def test_what_the_client_reads_is_what_was_charged(dialect: Dialect, stream: bool) -> None:
    async with inside() as running:
        sim = {"x-sim": "cached=5;reasoning=11;tokens=13"}
        body = dialect.body(stream) | shown(dialect, stream)
        got = await ask(running.url, dialect.path, body, key=KEY, headers=sim)
    [row] = running.rows
    usage = row.usage
    whole = got.body.decode()
    if dialect is OPENAI:
        assert (usage.cache_read, usage.reasoning, usage.output) == (5, 11, 13)
        assert f'"prompt_tokens":{usage.prompt},"completion_tokens":{usage.completion}' in whole
    else:
        assert (usage.cache_read, usage.completion) == (5, 13)
        assert f'"input_tokens":{usage.input}' in whole and f'"output_tokens":{usage.completion}' in whole
    rates = PRICE.rates
    by_hand = usage.input * 2_000 + 5 * 500 + usage.completion * 8_000
    assert (row.cost_nano, rates.output, rates.reasoning) == (by_hand, 8_000_000, 8_000_000)


@pytest.mark.parametrize(("prompt", "rate_nano"), [(199, 2_000), (200, 2_000), (201, 4_000)])
async def test_a_long_prompt_pays_its_tier_from_the_first_token_above_the_threshold(prompt: int, rate_nano: int) -> None:
    tiered = Price(Rates(input=2_000_000, output=8_000_000), "tiers 1", (Tier(200, Rates(input=4_000_000, output=12_000_000)),))
    async with inside() as running:
        models = running.gateway.catalog.models
        model = models["gpt"]
        priced = replace(model, deployments=(replace(model.deployments[0], price=tiered),))
        usage = {"prompt_tokens": prompt, "completion_tokens": 10, "total_tokens": prompt + 10}
        told = await answered(OPENAI, running, False, usage)

        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(told)

        async with scripted(answer) as provider:
            origin = replace(priced.deployments[0].provider.origin, port=provider.port)
            called = replace(priced.deployments[0].provider, origin=origin)
            deployment = replace(priced.deployments[0], provider=called)
            running.gateway.catalog = Catalog({"gpt": replace(priced, deployments=(deployment,))})
            await ask(running.url, OPENAI.path, OPENAI.body(False), key=KEY)
    [row] = running.rows
    assert row.cost_nano == prompt * rate_nano + 10 * (8_000 if rate_nano == 2_000 else 12_000)


@STREAM
@BOTH
async def test_without_a_word_from_the_provider_our_own_count_is_charged_and_says_so(dialect: Dialect, stream: bool) -> None:
    async with inside() as running:
        sim = {"x-sim": "usage=none;tokens=20"}
        got = await ask(running.url, dialect.path, dialect.body(stream), key=KEY, headers=sim)
    [row] = running.rows
    assert got.status == 200 and (row.outcome, row.usage_source) == ("ok", "estimated")
    assert 10 <= row.usage.completion <= 40 and row.usage.prompt > 0
    assert row.cost_nano == PRICE.cost_nano(row.usage)


async def test_embeddings_are_charged_by_their_input_and_counting_is_free() -> None:
    async with inside() as running:
        got = await ask(running.url, "/v1/embeddings", {"model": "embed", "input": ["one", "two"]}, key=KEY)
        counted = {name: value for name, value in ANTHROPIC.body(False).items() if name != "max_tokens"}
        assert (await ask(running.url, "/v1/messages/count_tokens", counted, key=KEY)).status == 200
    embedded, free = running.rows
    assert embedded.cost_nano == got.json["usage"]["prompt_tokens"] * 2_000 > 0
    assert (free.cost_nano, free.usage) == (0, Usage())
