from __future__ import annotations

from typing import Any

import pytest

from headgate.simulator.sample import sample

WEATHER = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "unit": {"enum": ["C", "F"]},
        "days": {"type": "integer", "minimum": 3},
        "exact": {"type": "boolean"},
    },
    "required": ["city"],
}


def test_an_object_has_all_its_members() -> None:
    assert sample(WEATHER) == {"city": "some city", "unit": "C", "days": 3, "exact": True}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"const": 7}, 7),
        ({"type": "string", "default": "x"}, "x"),
        ({"type": ["null", "integer"]}, 1),
        ({"type": "string", "minLength": 12}, "some valuexx"),
        ({"type": "string", "maxLength": 4}, "some"),
        ({"type": "string", "format": "date"}, "2026-11-23"),
        ({"type": "number", "maximum": 0.25}, 0.25),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "integer", "minimum": 3, "multipleOf": 5}, 5),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [1, 1]),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 0}, []),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, 1),
        ({"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]}, {"a": 1, "b": 2}),
        ({"$ref": "#/$defs/name", "$defs": {"name": {"const": "Ada"}}}, "Ada"),
        ({"type": "object", "required": ["free"]}, {"free": "some free"}),
        ({}, "some value"),
    ],
)
def test_a_schema_gives_the_plainest_value_it_allows(schema: dict[str, Any], value: Any) -> None:
    assert sample(schema) == value


def test_a_schema_that_contains_itself_comes_to_an_end() -> None:
    node: dict[str, Any] = {"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "#"}}, "required": ["value"]}
    found = sample(node)
    while "next" in found:
        found = found["next"]
    assert found == {"value": 1}
