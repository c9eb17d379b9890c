"""The schema itself, and the JSON Schema that editors read."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import BaseModel

from headgate import registry
from headgate.config import schema
from headgate.config.load import BUILT_IN

ROOT = Path(__file__).parent.parent.parent
SHIPPED = BUILT_IN.with_name("schema.json")
MODELS: list[type[BaseModel]] = [
    *(each for each in vars(schema).values() if isinstance(each, type) and issubclass(each, schema.Strict)),
    *(kind.Options for kind in registry.providers().values()),
]


def test_the_json_schema_is_current() -> None:
    checked = subprocess.run([sys.executable, ROOT / "scripts/write_schema.py", "--check"], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_every_option_is_described(model: type[BaseModel]) -> None:
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize("model", MODELS, ids=lambda model: f"{model.__module__}.{model.__name__}")
def test_unknown_names_and_changes_are_refused_everywhere(model: type[BaseModel]) -> None:
    assert (model.model_config.get("extra"), model.model_config.get("frozen"), model.model_config.get("strict")) == ("forbid", True, True)


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, inner in cast(dict[str, Any], node).items():
            if name == "$ref":
                yield inner
            else:
                yield from references(inner)
    elif isinstance(node, list):
        for inner in cast(list[Any], node):
            yield from references(inner)


def test_the_json_schema_describes_every_kind_and_refers_only_to_what_it_has() -> None:
    shipped = json.loads(SHIPPED.read_text())
    assert {reference.removeprefix("#/$defs/") for reference in references(shipped)} <= shipped["$defs"].keys()
    assert {f"provider_{kind}" for kind in registry.providers()} <= shipped["$defs"].keys()
    (blocks,) = shipped["properties"]["providers"]["patternProperties"].values()
    assert len(blocks["anyOf"]) == len(registry.providers())


def test_settings_can_be_made_without_a_file() -> None:
    settings = schema.Settings(providers={}, models=())
    assert (settings.server.port, settings.data_dir, settings.source.file) == (4000, Path("data"), None)
