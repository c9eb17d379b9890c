"""Writes headgate/config/schema.json, with which editors check and complete headgate.yaml. With --check it only compares."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from headgate import registry
from headgate.config import load
from headgate.config.schema import Settings

FILE = load.BUILT_IN.with_name("schema.json")
FROM_ENVIRONMENT = {"type": "string", "pattern": r"\$\{[^}]*\}", "description": "From an environment variable."}
UNWANTED = frozenset({"title", "writeOnly", "format"})


def schema(kinds: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema of headgate.yaml."""
    whole = described(Settings)
    definitions: dict[str, Any] = whole.pop("$defs")
    for kind in kinds:
        definitions[f"provider_{kind}"] = provider(kind, described(kinds[kind].Options), definitions)
    blocks = {"anyOf": [{"$ref": f"#/$defs/provider_{kind}"} for kind in kinds]}
    names: dict[str, Any] = whole["properties"]["providers"]["patternProperties"]
    whole["properties"]["providers"] |= {"patternProperties": dict.fromkeys(names, blocks), "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "headgate.yaml",
        **with_variables(whole),
        "$defs": with_variables(definitions),
    }


def described(model: type[BaseModel]) -> dict[str, Any]:
    return model.model_json_schema(ref_template="#/$defs/{model}")


def provider(kind: str, options: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """The block of a provider of this kind; what it refers to joins the definitions."""
    definitions |= options.pop("$defs", {})
    options["properties"] = {"kind": {"const": kind, "description": "What it is: a file of headgate/providers."}, **options["properties"]}
    options["required"] = ["kind", *options.get("required", [])]
    return options


def with_variables(value: Any) -> Any:
    """The same, where numbers and switches may also be ${VARIABLES}, without what no editor shows."""
    if isinstance(value, list):
        return [with_variables(each) for each in cast(list[Any], value)]
    if not isinstance(value, dict):
        return value
    node = cast(dict[str, Any], value)
    kept = {name: with_variables(inner) for name, inner in node.items() if not (name in UNWANTED and isinstance(inner, str | bool))}
    if node.get("type") not in {"integer", "boolean"}:
        return kept
    outside = {name: kept.pop(name) for name in ("description", "default") if name in kept}
    return {"anyOf": [kept, FROM_ENVIRONMENT], **outside}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Write the JSON Schema of headgate.yaml.")
    parser.add_argument("--check", action="store_true", help="only say whether the shipped schema is current")
    parser.add_argument("--output", type=Path, default=FILE)
    chosen = parser.parse_args(arguments)
    text = json.dumps(schema(registry.providers()), indent=2, ensure_ascii=False) + "\n"
    if not chosen.check:
        chosen.output.write_text(text, encoding="utf-8")
        return 0
    if chosen.output.read_text(encoding="utf-8") == text:
        return 0
    print(f"{chosen.output} is not current; run scripts/write_schema.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
