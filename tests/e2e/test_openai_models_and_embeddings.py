"""OpenAI's own client: the aliases it may use, and embeddings as the client decodes them."""

from __future__ import annotations

import json

import openai
import pytest

from tests.support.sdks import Station, Traffic


def test_the_models_are_the_aliases(gpt: openai.OpenAI, traffic: Traffic) -> None:
    assert [model.id for model in gpt.models.list()] == ["gpt", "acme/gpt", "claude", "embed", "hasty"]
    assert traffic.seen() == []
    row = traffic.row()
    assert (row.route, row.outcome, row.usage_source, row.cost_nano) == ("openai.models", "ok", "none", 0)


async def test_a_limited_key_sees_only_its_models(gateway: Station, async_gpt: openai.AsyncOpenAI) -> None:
    limited = async_gpt.with_options(api_key=gateway.limited_key)
    assert [model.id async for model in limited.models.list()] == ["gpt", "embed"]
    with pytest.raises(openai.NotFoundError, match="may use: gpt, embed"):
        await limited.models.retrieve("claude")


@pytest.mark.parametrize("name", ["gpt", "acme/gpt"])
def test_one_model_is_shown_also_with_a_slash_in_its_name(gpt: openai.OpenAI, name: str) -> None:
    assert gpt.models.retrieve(name).id == name


def test_a_slash_in_the_path_as_it_is_names_the_same_model(gpt: openai.OpenAI) -> None:
    assert gpt.get("/models/acme/gpt", cast_to=openai.types.Model).id == "acme/gpt"


def test_a_name_with_a_slash_is_a_model_like_any_other(gpt: openai.OpenAI, traffic: Traffic) -> None:
    answer = gpt.chat.completions.create(model="acme/gpt", messages=[{"role": "user", "content": "hello"}])
    assert answer.model == "gpt-4.1-mini"
    assert traffic.row().alias == "acme/gpt"


def test_an_unknown_model_is_not_found(gpt: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        gpt.models.retrieve("gpt-9")
    assert caught.value.code == "model_not_found"
    assert "gpt, acme/gpt, claude, embed, hasty" in caught.value.message


def test_embeddings_come_as_the_client_asks_for_them_and_are_decoded(gpt: openai.OpenAI, traffic: Traffic) -> None:
    packed = gpt.embeddings.create(model="embed", input=["the river", "the canal"])
    written = gpt.embeddings.create(model="embed", input=["the river", "the canal"], encoding_format="float")
    assert [entry.index for entry in packed.data] == [0, 1]
    for entry, other in zip(packed.data, written.data, strict=True):
        assert len(entry.embedding) == 1536
        assert entry.embedding == pytest.approx(other.embedding, abs=1e-6)  # pyright: ignore[reportUnknownMemberType]
    assert packed.data[0].embedding != packed.data[1].embedding
    assert json.loads(traffic.seen()[0].body)["encoding_format"] == "base64"
    row = traffic.rows(2)[0]
    assert (row.route, row.outcome, row.usage_source) == ("openai.embeddings", "ok", "provider")
    assert (row.usage.input, row.usage.output) == (packed.usage.prompt_tokens, 0)
    assert row.cost_nano == packed.usage.prompt_tokens * 20


async def test_embeddings_of_tokens_and_of_another_width(async_gpt: openai.AsyncOpenAI) -> None:
    vectors = await async_gpt.embeddings.create(model="embed", input=[[1, 2, 3], [4, 5]], dimensions=256)
    assert [len(entry.embedding) for entry in vectors.data] == [256, 256]
    assert vectors.usage.prompt_tokens == 5


def test_embeddings_that_the_provider_refuses_are_a_bad_request(gpt: openai.OpenAI, traffic: Traffic) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        gpt.embeddings.create(model="embed", input=["x"] * 2049)
    assert caught.value.param == "input"
    row = traffic.row()
    assert (row.outcome, row.status_code, row.cost_nano, row.usage_source) == ("error", 400, 0, "none")
