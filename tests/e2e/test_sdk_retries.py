"""Trying again: the gateway does it unseen, the clients do it as the gateway's headers tell them, and the books have every try."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.support.sdks import Station, Traffic

ASKED: Any = [{"role": "user", "content": "How high is the river?"}]


@pytest.fixture
def persistent_traffic(persistent: Station) -> Iterator[Traffic]:
    seen = Traffic(persistent)
    yield seen
    seen.close()


@pytest.fixture
def persistent_gpt(persistent: Station) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=persistent.key, base_url=f"{persistent.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
def persistent_claude(persistent: Station) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(api_key=persistent.key, base_url=persistent.url, max_retries=0) as client:
        yield client


# By the gateway: one request, one record, several tries.


@pytest.mark.parametrize("fault", ["status=500", "reset=1", "cut=1", "garbage=html", "error_event=1"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_failure_before_the_first_word_stays_unseen(
    persistent_gpt: openai.OpenAI, persistent_traffic: Traffic, fault: str, stream: bool
) -> None:
    if fault == "error_event=1" and not stream:
        fault = "error_body=1"
    raw = persistent_gpt.chat.completions.with_raw_response.create(
        model="gpt", messages=ASKED, stream=stream, extra_headers={"x-sim": f"{fault};fail_first=1"}
    )
    assert raw.headers["x-headgate-attempts"] == "2"
    answer: Any = raw.parse()
    if stream:
        with answer:
            assert "".join(chunk.choices[0].delta.content or "" for chunk in answer)
    else:
        assert answer.choices[0].message.content
    row = persistent_traffic.row()
    assert (row.outcome, row.status_code, row.usage_source) == ("ok", 200, "provider")
    assert [attempt.error is None for attempt in row.attempts] == [False, True]
    assert len(persistent_traffic.seen()) == 2


def test_an_overloaded_provider_is_tried_again_unseen(persistent_claude: anthropic.Anthropic, persistent_traffic: Traffic) -> None:
    answer = persistent_claude.messages.create(
        model="claude", max_tokens=50, messages=ASKED, extra_headers={"x-sim": "status=529;fail_first=2"}
    )
    assert answer.content
    row = persistent_traffic.row()
    assert [attempt.status_code for attempt in row.attempts] == [529, 529, 200]
    assert row.outcome == "ok"


def test_tries_come_to_an_end(persistent_gpt: openai.OpenAI, persistent_traffic: Traffic) -> None:
    with pytest.raises(openai.InternalServerError):
        persistent_gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers={"x-sim": "status=500"})
    row = persistent_traffic.row()
    assert (row.outcome, len(row.attempts), len(persistent_traffic.seen())) == ("error", 3, 3)


def test_a_refusal_of_the_request_itself_is_not_tried_again(persistent_gpt: openai.OpenAI, persistent_traffic: Traffic) -> None:
    with pytest.raises(openai.BadRequestError):
        persistent_gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers={"x-sim": "status=400"})
    assert len(persistent_traffic.seen()) == 1


def test_a_stream_that_breaks_after_its_first_word_is_not_begun_again(persistent_gpt: openai.OpenAI, persistent_traffic: Traffic) -> None:
    with (
        pytest.raises(openai.APIError),
        persistent_gpt.chat.completions.create(model="gpt", messages=ASKED, stream=True, extra_headers={"x-sim": "cut=6"}) as stream,
    ):
        _ = list(stream)
    assert len(persistent_traffic.seen()) == 1


# By the clients: each try is a request of its own.


def test_openais_client_tries_again_as_often_as_it_was_told(gpt: openai.OpenAI, traffic: Traffic) -> None:
    raw = gpt.with_options(max_retries=2).chat.completions.with_raw_response.create(
        model="gpt", messages=ASKED, extra_headers={"x-sim": "fail_first=1"}
    )
    assert raw.retries_taken == 1
    assert raw.parse().choices[0].message.content
    assert [(row.outcome, row.status_code) for row in traffic.rows(2)] == [("error", 500), ("ok", 200)]
    assert [seen.headers["x-stainless-retry-count"] for seen in traffic.seen()] == ["0", "1"]


async def test_anthropics_client_does_too(async_claude: anthropic.AsyncAnthropic, traffic: Traffic) -> None:
    raw = await async_claude.with_options(max_retries=2).messages.with_raw_response.create(
        model="claude", max_tokens=50, messages=ASKED, extra_headers={"x-sim": "status=529;fail_first=1"}
    )
    assert raw.retries_taken == 1
    assert [(row.outcome, row.status_code) for row in traffic.rows(2)] == [("error", 529), ("ok", 200)]


def test_coming_back_when_a_rate_limit_says_so_succeeds(gpt: openai.OpenAI, traffic: Traffic) -> None:
    answer = gpt.with_options(max_retries=1).chat.completions.create(
        model="gpt", messages=ASKED, extra_headers={"x-sim": "status=429;retry_after=1;fail_first=1"}
    )
    assert answer.choices[0].message.content
    one, other = traffic.rows(2)
    assert (one.status_code, other.status_code) == (429, 200)
    assert other.at_us - one.at_us >= 1_000_000


def test_what_the_gateway_calls_hopeless_is_not_tried_again(gpt: openai.OpenAI, claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with pytest.raises(openai.InternalServerError, match="refused the gateway's own credential"):
        gpt.with_options(max_retries=3).chat.completions.create(model="gpt", messages=ASKED, extra_headers={"x-sim": "auth=fail"})
    with pytest.raises(anthropic.InternalServerError, match="refused the gateway's own credential"):
        claude.with_options(max_retries=3).messages.create(
            model="claude", max_tokens=9, messages=ASKED, extra_headers={"x-sim": "auth=fail"}
        )
    assert [row.error for row in traffic.rows(2)] == ["upstream_auth", "upstream_auth"]


def test_what_the_gateway_calls_passing_is_tried_again(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with pytest.raises(openai.InternalServerError) as caught:
        gpt.with_options(max_retries=1).chat.completions.create(model="gpt", messages=ASKED, extra_headers={"x-sim": "reset"})
    assert caught.value.response.headers["x-should-retry"] == "true"
    assert [row.error for row in traffic.rows(2)] == ["upstream_reset", "upstream_reset"]
