"""Clients in numbers, clients that leave, and clients that send in their own ways."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import subprocess
from typing import Any

import anthropic
import httpx2
import openai
import pytest

from tests.support.sdks import BODY_LIMIT_BYTES, Station, Traffic

ASKED: Any = [{"role": "user", "content": "How high is the river?"}]
ENDLESS = {"x-sim": "tokens=100000;interval_ms=10"}


# Many at once.


async def test_fifty_streams_at_once_are_all_whole(async_gpt: openai.AsyncOpenAI, traffic: Traffic) -> None:
    async def one(number: int) -> tuple[str, str]:
        asked: Any = [{"role": "user", "content": f"What is number {number}?"}]
        said: list[str] = []
        end: str | None = None
        headers = {"x-sim": "tokens=40;interval_ms=5"}
        async with await async_gpt.chat.completions.create(model="gpt", messages=asked, stream=True, extra_headers=headers) as stream:
            async for chunk in stream:
                said.append(chunk.choices[0].delta.content or "")
                end = chunk.choices[0].finish_reason
        assert end == "stop"
        whole = await async_gpt.chat.completions.create(model="gpt", messages=asked, extra_headers={"x-sim": "tokens=40"})
        return "".join(said), whole.choices[0].message.content or ""

    answers = await asyncio.gather(*(one(number) for number in range(50)))
    assert all(streamed == whole for streamed, whole in answers)
    assert len({streamed for streamed, _ in answers}) > 40
    rows = traffic.rows(100)
    assert {(row.outcome, row.usage_source, row.usage.output) for row in rows} == {("ok", "provider", 40)}
    assert len({row.id for row in rows}) == 100


async def test_both_dialects_at_once_do_not_mix(
    async_gpt: openai.AsyncOpenAI, async_claude: anthropic.AsyncAnthropic, traffic: Traffic
) -> None:
    async def chat() -> str:
        async with async_gpt.chat.completions.stream(model="gpt", messages=ASKED) as stream:
            return (await stream.get_final_completion()).model

    async def message() -> str:
        async with async_claude.messages.stream(model="claude", max_tokens=60, messages=ASKED) as stream:
            return (await stream.get_final_message()).model

    models = await asyncio.gather(*(chat() if number % 2 else message() for number in range(20)))
    assert models == ["claude-sonnet-4-5", "gpt-4.1"] * 10
    assert sorted(row.route for row in traffic.rows(20)) == ["anthropic.chat"] * 10 + ["openai.chat"] * 10


async def test_one_connection_serves_many_requests(gateway: Station, traffic: Traffic) -> None:
    ports: list[int] = []

    class Noting(httpx2.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            response = await super().handle_async_request(request)
            ports.append(response.extensions["network_stream"].get_extra_info("client_addr")[1])
            return response

    async with openai.AsyncOpenAI(
        api_key=gateway.key, base_url=f"{gateway.url}/v1", http_client=httpx2.AsyncClient(transport=Noting())
    ) as client:
        for number in range(6):
            if number % 2:
                assert await client.chat.completions.create(model="gpt", messages=ASKED)
            else:
                async with client.chat.completions.stream(model="gpt", messages=ASKED) as stream:
                    await stream.until_done()
    assert len(ports) == 6 and len(set(ports)) == 1
    assert len(traffic.rows(6)) == 6


# Clients that leave.


async def test_a_client_that_leaves_a_chat_stops_the_provider(async_gpt: openai.AsyncOpenAI, traffic: Traffic) -> None:
    stream = await async_gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True, extra_headers=ENDLESS)
    said = ""
    async for chunk in stream:
        said += chunk.choices[0].delta.content or ""
        if len(said) > 20:
            break
    await stream.close()
    left = traffic.left_alone()
    row = traffic.row()
    assert (row.outcome, row.status_code, row.error, row.usage_source) == ("client_gone", 200, "cancelled", "estimated")
    assert 0 < row.usage.output < 1_000 and left.sent_bytes < 1_000_000
    assert row.cost_nano == row.usage.input * 2_000 + row.usage.output * 8_000


def test_a_client_that_leaves_a_message_stops_the_provider(claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with claude.messages.stream(model="claude", max_tokens=100_000, messages=ASKED, extra_headers=ENDLESS) as stream:
        for text in stream.text_stream:
            assert text
            break
    assert traffic.left_alone()
    row = traffic.row()
    assert (row.outcome, row.status_code, row.usage_source) == ("client_gone", 200, "partial")
    assert row.usage.input > 0 and 0 < row.usage.output < 1_000


async def test_a_client_that_leaves_before_the_first_byte_stops_the_provider(async_gpt: openai.AsyncOpenAI, traffic: Traffic) -> None:
    asking = asyncio.create_task(async_gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers={"x-sim": "stall=head"}))
    while not traffic.seen():
        await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert traffic.left_alone()
    row = traffic.row()
    assert (row.outcome, row.status_code, row.usage_source) == ("client_gone", 0, "estimated")
    assert row.usage.input > 0 and row.usage.output == 0


async def test_the_provider_stops_for_each_of_many_clients_that_leave_and_the_others_go_on(
    async_gpt: openai.AsyncOpenAI, traffic: Traffic
) -> None:
    async def leave() -> None:
        async with await async_gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True, extra_headers=ENDLESS) as stream:
            await stream.__anext__()

    async def stay() -> str | None:
        async with async_gpt.chat.completions.stream(model="gpt", messages=ASKED, extra_headers={"x-sim": "interval_ms=10"}) as stream:
            return (await stream.get_final_completion()).choices[0].finish_reason

    ends = await asyncio.gather(*(leave() if number % 2 else stay() for number in range(20)))
    assert ends == ["stop", None] * 10
    assert sorted(row.outcome for row in traffic.rows(20)) == ["client_gone"] * 10 + ["ok"] * 10


# Clients that send in their own ways.


class Compressing(httpx2.HTTPTransport):
    """Sends every body with gzip."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        body = gzip.compress(request.read())
        headers = [(name, value) for name, value in request.headers.multi_items() if name.lower() != "content-length"]
        packed = httpx2.Request(request.method, request.url, headers=headers, content=body, extensions=request.extensions)
        packed.headers["content-encoding"] = "gzip"
        return super().handle_request(packed)


def test_a_compressed_body_is_read_and_sent_on_plain(gpt: openai.OpenAI, claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with httpx2.Client(transport=Compressing()) as client:
        assert gpt.with_options(http_client=client).chat.completions.create(model="gpt", messages=ASKED).choices
        assert claude.with_options(http_client=client).messages.create(model="claude", max_tokens=9, messages=ASKED).content
    for seen in traffic.seen():
        assert json.loads(seen.body)["messages"] == ASKED
        assert "content-encoding" not in seen.headers
    assert [row.outcome for row in traffic.rows(2)] == ["ok", "ok"]


def test_a_compressed_body_that_unpacks_over_the_limit_is_refused(gpt: openai.OpenAI) -> None:
    large: Any = [{"role": "user", "content": "x" * BODY_LIMIT_BYTES}]
    with httpx2.Client(transport=Compressing()) as client, pytest.raises(openai.APIStatusError) as caught:
        gpt.with_options(http_client=client).chat.completions.create(model="gpt", messages=large)
    assert (caught.value.status_code, caught.value.code) == (413, "request_too_large")


def test_a_coding_that_is_not_read_here_is_a_bad_request(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers={"content-encoding": "br"})
    assert (caught.value.code, caught.value.param) == ("request_body_encoding_invalid", "content-encoding")


def test_a_body_in_chunks_is_one_body(gateway: Station, traffic: Traffic) -> None:
    body = json.dumps({"model": "gpt", "messages": ASKED}).encode()
    pieces = (body[at : at + 7] for at in range(0, len(body), 7))
    with httpx2.Client(base_url=gateway.url, headers={"authorization": f"Bearer {gateway.key}"}) as client:
        answer = client.post("/v1/chat/completions", content=pieces)
    assert answer.status_code == 200
    assert json.loads(traffic.seen()[0].body)["messages"] == ASKED


def curl(gateway: Station, key: str) -> subprocess.CompletedProcess[str]:
    """A large body that is sent only when the server asks for it, or after fifteen seconds."""
    command = ["curl", "--silent", "--verbose", "--max-time", "20", "--noproxy", "*", "--expect100-timeout", "15"]
    for header in ("content-type: application/json", f"authorization: Bearer {key}", "expect: 100-continue"):
        command += ["--header", header]
    body = json.dumps({"model": "gpt", "messages": [{"role": "user", "content": "x" * 200_000}]})
    target = f"{gateway.url}/v1/chat/completions"
    return subprocess.run([*command, "--data-binary", "@-", target], input=body, capture_output=True, text=True, check=True)


WITH_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, which is not on this machine")


@WITH_CURL
def test_curl_is_told_to_go_on_before_it_sends_a_large_body(gateway: Station) -> None:
    done = curl(gateway, gateway.key)
    assert "HTTP/1.1 100 Continue" in done.stderr
    assert json.loads(done.stdout)["choices"][0]["finish_reason"] == "stop"


@WITH_CURL
def test_curl_is_refused_before_it_sends_anything(gateway: Station) -> None:
    done = curl(gateway, "hg-wrong")
    assert "100 Continue" not in done.stderr and "HTTP/1.1 401" in done.stderr
    assert json.loads(done.stdout)["error"]["code"] == "invalid_api_key"
