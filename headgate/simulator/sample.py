"""A value that fits a JSON schema, so that a simulated tool call can be validated by whoever asked for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

DEEPEST = 12
"""Recursive schemas are cut here: optional parts are left out below."""

_FORMATS = {
    "date": "2026-11-23",
    "date-time": "2026-11-23T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "5f0c9c1e-3c1e-4d2a-9a51-3d7c2f8b6e10",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}


def sample(schema: Mapping[str, Any]) -> Any:
    """The plainest value that `schema` allows."""
    return _value(schema, schema, "value", 0)


def _value(schema: Any, root: Mapping[str, Any], name: str, depth: int) -> Any:
    if not isinstance(schema, Mapping):
        return {} if schema is True else None
    known = _resolved(cast("Mapping[str, Any]", schema), root, depth)
    if "const" in known:
        return known["const"]
    for listed in ("enum", "examples"):
        if known.get(listed):
            return known[listed][0]
    if "default" in known:
        return known["default"]
    for choices in ("anyOf", "oneOf"):
        if known.get(choices):
            return _value({**_without(known, choices), **_plainest(known[choices], depth)}, root, name, depth + 1)
    return _typed(known, root, name, depth)


def _typed(schema: Mapping[str, Any], root: Mapping[str, Any], name: str, depth: int) -> Any:
    match _type_of(schema):
        case "object":
            return _object(schema, root, depth)
        case "array":
            count = max(int(schema.get("minItems", 0)), 0 if depth >= DEEPEST else 1)
            count = min(count, int(schema.get("maxItems", count)))
            return [_value(schema.get("items", {"type": "string"}), root, name, depth + 1) for _ in range(count)]
        case "integer":
            return int(_number(schema, 1))
        case "number":
            return _number(schema, 0.5)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return _string(schema, name)


def _object(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> dict[str, Any]:
    members = cast("Mapping[str, Any]", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    wanted = [name for name in members if depth < DEEPEST or name in required] + [name for name in required if name not in members]
    return {name: _value(members.get(name, {"type": "string"}), root, name, depth + 1) for name in wanted}


def _string(schema: Mapping[str, Any], name: str) -> str:
    text = _FORMATS.get(schema.get("format", ""), f"some {name}")
    text = text.ljust(int(schema.get("minLength", 0)), "x")
    return text[: int(schema.get("maxLength", len(text)))]


def _number(schema: Mapping[str, Any], usual: float) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf", 1)
    if low is not None:
        usual = low + (step if "exclusiveMinimum" in schema else 0)
    elif high is not None and high <= usual:
        usual = high - (step if "exclusiveMaximum" in schema else 0)
    if "multipleOf" in schema:
        usual = -(-usual // step) * step
    return usual


def _type_of(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((entry for entry in cast("list[str]", kind) if entry != "null"), "null")
    if kind is None:
        kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
    return str(kind)


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any], depth: int) -> Mapping[str, Any]:
    """`schema` with its `$ref` and its `allOf` put in."""
    for _ in range(DEEPEST):
        if "$ref" not in schema:
            break
        schema = {**_without(schema, "$ref"), **_pointed(str(schema["$ref"]), root)}
    merged: dict[str, Any] = dict(_without(schema, "allOf"))
    for part in cast("list[Mapping[str, Any]]", schema.get("allOf") or []):
        known = _resolved(part, root, depth + 1) if depth < DEEPEST else part
        properties: dict[str, Any] = {**(merged.get("properties") or {}), **(known.get("properties") or {})}
        required: list[str] = [*(merged.get("required") or []), *(known.get("required") or [])]
        merged |= known
        merged |= ({"properties": properties} if properties else {}) | ({"required": required} if required else {})
    return merged


def _pointed(pointer: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Any = root
    for part in pointer.removeprefix("#").strip("/").split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if key:
            found = _members(found).get(key, {})
    return _members(found)


def _members(value: Any) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, Mapping) else {}


def _plainest(choices: list[Any], depth: int) -> Mapping[str, Any]:
    """The first choice, or where it has gone deep, the one that ends soonest."""
    maps = [cast("Mapping[str, Any]", choice) for choice in choices if isinstance(choice, Mapping)]
    if depth >= DEEPEST:
        maps.sort(key=lambda choice: "$ref" in choice or choice.get("type") in ("object", "array"))
    return maps[0] if maps else {}


def _without(schema: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in schema.items() if key != name}
