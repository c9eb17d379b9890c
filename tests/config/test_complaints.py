"""Sentences."""

from __future__ import annotations

import pytest
from pydantic import Field, ValidationError

from headgate.config import complaints
from headgate.config.schema import Settings, Strict


class Inner(Strict):
    depth: int = 1


class Outer(Strict):
    inner: Inner | None = None
    many: dict[str, Inner] = Field(default={})
    ratio: float = 1.0


def sentence(**values: object) -> str:
    with pytest.raises(ValidationError) as raised:
        Outer.model_validate(values)
    return complaints.sentence(raised.value.errors()[0], Outer)


def test_the_nearest_name_is_offered_whatever_its_case() -> None:
    assert complaints.closest("BASE_URL", ["base_url", "proxy"]) == "; did you mean base_url?"
    assert complaints.closest("zzz", ["b", "a"]) == "; there are: a, b"
    assert complaints.closest("zzz", []) == ""


def test_names_are_looked_up_where_the_mistake_is() -> None:
    assert sentence(inner={"dpeth": 1}) == "unknown setting; did you mean depth?"
    assert sentence(many={"x": {"dpeth": 1}}) == "unknown setting; did you mean depth?"
    assert sentence(iner={}) == "unknown setting; did you mean inner?"


def test_a_long_text_is_not_repeated() -> None:
    assert sentence(inner={"depth": "x" * 41}) == "expected a whole number, got other text"


def test_what_has_no_sentence_of_its_own_keeps_the_schema_s() -> None:
    assert sentence(ratio="x") == "Input should be a valid number"


def test_every_spelling_that_the_schema_asks_for_has_words() -> None:
    written = str(Settings.model_json_schema())
    assert all(pattern in written for pattern in complaints.SPELLING)
