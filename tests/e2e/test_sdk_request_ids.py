"""The id of a request where the vendors' clients look for it: the gateway's on what it says itself, the provider's on what that said."""

from __future__ import annotations

from typing import Any

import anthropic
import openai
import pytest

from tests.support.sdks import Traffic

ASKED: Any = [{"role": "user", "content": "hello"}]


def id_of(answer: object) -> str | None:
    """What both clients document as the way to a request's id, underscore and all."""
    return getattr(answer, "_request_id")  # noqa: B009


def test_a_refusal_of_the_gateway_has_the_id_of_its_record(gpt: openai.OpenAI, claude: anthropic.Anthropic, traffic: Traffic) -> None:
    with pytest.raises(openai.NotFoundError) as one:
        gpt.chat.completions.create(model="gpt-9", messages=ASKED)
    with pytest.raises(anthropic.NotFoundError) as other:
        claude.messages.create(model="claude-9", max_tokens=9, messages=ASKED)
    assert [one.value.request_id, other.value.request_id] == [row.id for row in traffic.rows(2)]


def test_so_has_an_answer_that_needs_no_provider(gpt: openai.OpenAI, claude: anthropic.Anthropic, traffic: Traffic) -> None:
    found = [id_of(gpt.models.retrieve("gpt")), id_of(claude.models.retrieve("claude"))]
    assert found == [row.id for row in traffic.rows(2)]


@pytest.mark.parametrize("fault", ["stall=head;stall_ms=0;reset=1", "garbage=html", "auth=fail"])
def test_so_has_a_failure_that_is_told_in_the_gateways_words(
    gpt: openai.OpenAI, claude: anthropic.Anthropic, traffic: Traffic, fault: str
) -> None:
    headers = {"x-sim": fault}
    with pytest.raises(openai.APIStatusError) as one:
        gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers=headers)
    with pytest.raises(anthropic.APIStatusError) as other:
        claude.messages.create(model="claude", max_tokens=9, messages=ASKED, extra_headers=headers)
    assert [one.value.request_id, other.value.request_id] == [row.id for row in traffic.rows(2)]


@pytest.mark.parametrize("fault", ["", "status=400", "status=500"])
def test_what_the_provider_says_keeps_the_providers_id(
    gpt: openai.OpenAI, claude: anthropic.Anthropic, traffic: Traffic, fault: str
) -> None:
    found: list[str | None] = []
    headers = {"x-sim": fault} if fault else {}
    try:
        answer = gpt.chat.completions.create(model="gpt", messages=ASKED, extra_headers=headers)
        found.append(id_of(answer))
    except openai.APIStatusError as error:
        found += error.response.headers.get_list("x-request-id")
    try:
        message = claude.messages.create(model="claude", max_tokens=9, messages=ASKED, extra_headers=headers)
        found.append(id_of(message))
    except anthropic.APIStatusError as error:
        found += error.response.headers.get_list("request-id")
    assert len(found) == 2 and all(id is not None and id.startswith("req_") for id in found)
    assert not set(found) & {row.id for row in traffic.rows(2)}
