"""The vendors' own clients, as judges of whether the simulator speaks their formats."""

from __future__ import annotations

from collections.abc import AsyncIterator

import anthropic
import openai
import pytest
import pytest_asyncio
from anthropic.types import MessageParam, ThinkingConfigEnabledParam, ToolParam
from openai.types.chat import ChatCompletionFunctionToolParam

from headgate.simulator import Simulator, start

WEATHER: ChatCompletionFunctionToolParam = {
    "type": "function",
    "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}},
}
WEATHER_TOOL: ToolParam = {"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    running = await start()
    yield running
    await running.close()


@pytest_asyncio.fixture
async def gpt(simulator: Simulator) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(api_key="sim-key", base_url=f"{simulator.url}/v1", max_retries=0) as client:
        yield client


@pytest_asyncio.fixture
async def claude(simulator: Simulator) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(api_key="sim-key", base_url=simulator.url, max_retries=0) as client:
        yield client


async def test_openai_streams_add_up(gpt: openai.AsyncOpenAI) -> None:
    whole = await gpt.chat.completions.create(model="gpt-4.1", messages=[{"role": "user", "content": "hello"}])
    assert whole.usage is not None
    async with gpt.chat.completions.stream(
        model="gpt-4.1", messages=[{"role": "user", "content": "hello"}], stream_options={"include_usage": True}
    ) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == whole.choices[0].message.content
    assert final.usage == whole.usage


async def test_openai_tools_and_embeddings(gpt: openai.AsyncOpenAI) -> None:
    called = await gpt.chat.completions.create(
        model="gpt-4.1", messages=[{"role": "user", "content": "weather?"}], tools=[WEATHER], stream=False
    )
    [call] = called.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert call.function.arguments == '{"city":"some city"}'
    vectors = await gpt.embeddings.create(model="text-embedding-3-small", input=["a", "b"])
    assert [len(entry.embedding) for entry in vectors.data] == [1536, 1536]
    assert "gpt-4.1" in [model.id async for model in gpt.models.list()]


@pytest.mark.parametrize(
    ("directive", "error"),
    [
        ("auth=fail", openai.AuthenticationError),
        ("status=429", openai.RateLimitError),
        ("status=404", openai.NotFoundError),
        ("status=503", openai.InternalServerError),
        ("status=400", openai.BadRequestError),
    ],
)
async def test_openai_errors_are_the_clients_own(gpt: openai.AsyncOpenAI, directive: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await gpt.chat.completions.create(model=f"gpt-4.1?{directive}", messages=[{"role": "user", "content": "hello"}])


async def test_an_openai_stream_that_fails_raises(gpt: openai.AsyncOpenAI) -> None:
    stream = await gpt.chat.completions.create(model="m?error_event=3", messages=[{"role": "user", "content": "hello"}], stream=True)
    with pytest.raises(openai.APIError):
        _ = [chunk async for chunk in stream]


async def test_anthropic_streams_add_up(claude: anthropic.AsyncAnthropic) -> None:
    asked: list[MessageParam] = [{"role": "user", "content": "hello"}]
    thinking: ThinkingConfigEnabledParam = {"type": "enabled", "budget_tokens": 1024}
    whole = await claude.messages.create(model="claude", max_tokens=2048, messages=asked, thinking=thinking)
    async with claude.messages.stream(model="claude", max_tokens=2048, messages=asked, thinking=thinking) as stream:
        final = await stream.get_final_message()
    assert [block.model_dump() for block in final.content] == [block.model_dump() for block in whole.content]
    assert final.usage.output_tokens == whole.usage.output_tokens
    assert final.stop_reason == "end_turn"


async def test_anthropic_tools_and_counts(claude: anthropic.AsyncAnthropic) -> None:
    async with claude.messages.stream(
        model="claude", max_tokens=64, messages=[{"role": "user", "content": "weather?"}], tools=[WEATHER_TOOL]
    ) as stream:
        final = await stream.get_final_message()
    assert final.content[0].type == "tool_use"
    assert final.content[0].input == {"city": "some city"}
    counted = await claude.messages.count_tokens(model="claude", messages=[{"role": "user", "content": "hello"}])
    assert counted.input_tokens == 6


@pytest.mark.parametrize(
    ("directive", "error"),
    [
        ("auth=fail", anthropic.AuthenticationError),
        ("status=429", anthropic.RateLimitError),
        ("status=529", anthropic.InternalServerError),
        ("status=400", anthropic.BadRequestError),
    ],
)
async def test_anthropic_errors_are_the_clients_own(claude: anthropic.AsyncAnthropic, directive: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        await claude.messages.create(model=f"c?{directive}", max_tokens=8, messages=[{"role": "user", "content": "hello"}])
