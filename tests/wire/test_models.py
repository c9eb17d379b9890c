"""Aliases in the shape of each client's models list."""

from __future__ import annotations

import json

import pytest
from anthropic.types import ModelInfo
from openai.types import Model

from headgate.core.errors import ModelNotFound
from headgate.wire import models

NAMES = ["smart", "meta/llama:3"]


def test_openai_clients_get_a_list_and_one() -> None:
    listed = json.loads(models.write_openai(NAMES, b""))
    assert listed["object"] == "list"
    assert [Model.model_validate(one).id for one in listed["data"]] == NAMES
    assert Model.model_validate_json(models.write_openai(NAMES, b"meta%2Fllama%3A3")).id == "meta/llama:3"
    assert Model.model_validate_json(models.write_openai(NAMES, b"meta/llama:3")).object == "model"


def test_anthropic_clients_get_a_page_and_one() -> None:
    page = json.loads(models.write_anthropic(NAMES, b""))
    assert [ModelInfo.model_validate(one).id for one in page["data"]] == NAMES
    assert (page["has_more"], page["first_id"], page["last_id"]) == (False, "smart", "meta/llama:3")
    assert ModelInfo.model_validate_json(models.write_anthropic(NAMES, b"smart")).type == "model"
    assert json.loads(models.write_anthropic([], b"")) == {"data": [], "has_more": False, "first_id": None, "last_id": None}


@pytest.mark.parametrize("parameter", [b"nope", b"%ff", b"smart/", b"%00"])
def test_an_unknown_one_is_refused_with_those_there_are(parameter: bytes) -> None:
    for write in (models.write_openai, models.write_anthropic):
        with pytest.raises(ModelNotFound, match="smart, meta/llama:3"):
            write(NAMES, parameter)
