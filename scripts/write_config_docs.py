"""Writes the options in docs/configuration.md anew from the schema and the kinds of provider. With --check it only compares.

What stands outside the two marks is written by hand and is kept.
"""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

from pydantic import BaseModel

from headgate import registry
from headgate.config.complaints import SPELLING
from headgate.config.schema import Settings

FILE = Path(__file__).parent.parent / "docs" / "configuration.md"
BEGIN, END = "<!-- options -->\n", "<!-- /options -->\n"
PROVIDERS = "providers"
NAMED = "NAME"
"""Stands in a path for the name that the operator chooses."""


@dataclass(frozen=True, slots=True)
class Option:
    """One setting as the schema states it."""

    name: str
    facts: str
    """What it takes and what it is where left out."""
    meaning: str


def options(model: type[BaseModel]) -> list[Option]:
    """The plain settings of a model; those that hold other settings are left out."""
    whole = model.model_json_schema()
    required = whole.get("required", [])
    plain = {name: each for name, each in whole["properties"].items() if inner(model, name) is None}
    return [Option(name, f"{takes(each)} {otherwise(each, name in required)}", meaning(each)) for name, each in plain.items()]


def holders(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The settings of a model that hold settings of their own, and what they hold."""
    found = {name: inner(model, name) for name in model.model_fields}
    return {name: each for name, each in found.items() if each is not None}


def inner(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    """The model inside the setting `name`, where it holds settings of its own."""
    return next(models_in(model.model_fields[name].annotation), None)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models_in(part)


def takes(each: Mapping[str, Any]) -> str:
    """What may be written, as a sentence."""
    shape = next((one for one in each.get("anyOf", ()) if one.get("type") != "null"), each)
    if "enum" in shape:
        return f"{' or '.join(f'`{value}`' for value in shape['enum'])}."
    match shape["type"]:
        case "boolean":
            return "`true` or `false`."
        case "integer":
            return f"Whole number{limits(shape)}."
        case "number":
            return "US dollars, with up to six decimals."
        case "array":
            return "List of text."
        case "object":
            return "Mapping, name → text."
        case _:
            return text(shape)


def text(shape: Mapping[str, Any]) -> str:
    if shape.get("format") == "password":
        return "Text, secret: it is never shown again."
    spelling = SPELLING.get(shape.get("pattern", ""))
    return f"Text, {spelling}." if spelling else "Text."


def limits(shape: Mapping[str, Any]) -> str:
    least = shape.get("minimum", shape.get("exclusiveMinimum", -1) + 1)
    most = shape.get("maximum")
    return f" from {least} to {most}" if most is not None else f", at least {least}"


def otherwise(each: Mapping[str, Any], required: bool) -> str:
    if required:
        return "Required."
    default = each.get("default")
    if default is None:
        return "Not set by default."
    if default in ([], {}):
        return "None by default."
    return f"Default: `{default if isinstance(default, str) else json.dumps(default)}`."


def meaning(each: Mapping[str, Any]) -> str:
    return one_line(each["description"]).removesuffix(f" Default: {each.get('default')}.")


def one_line(words: str) -> str:
    return " ".join(words.split())


def section(path: str, words: str) -> list[str]:
    return [f"## `{path}`", "", words, ""]


def entry(path: str, option: Option) -> list[str]:
    return [f"### `{path}{option.name}`", "", option.facts, "", option.meaning, ""]


def step(model: type[BaseModel], name: str) -> str:
    """How a path goes on below a setting: it holds one of what is inside, a list of them, or named ones."""
    annotation = str(model.model_fields[name].annotation)
    return "[]" if annotation.startswith("tuple") else f".{NAMED}" if annotation.startswith("dict") else ""


def described(model: type[BaseModel], path: str) -> Iterator[str]:
    """The settings of a model and of those inside it, outer ones first."""
    around = options(model)
    for option in around:
        yield from entry(path, option)
    for name, held in holders(model).items():
        below = f"{path}{name}{step(model, name)}"
        own = [option for option in options(held) if option.name not in {each.name for each in around}]
        same = " Each takes the settings around it, and:" if len(own) < len(options(held)) else ""
        yield from (f"### `{below}`", "", said(model, name) + same, "")
        for option in own:
            yield from entry(f"{below}.", option)


def said(model: type[BaseModel], name: str) -> str:
    return one_line(model.model_fields[name].description or "")


def of_settings() -> Iterator[str]:
    """All sections, in the order of the schema."""
    plain, held = {option.name: option for option in options(Settings)}, holders(Settings)
    for name, field in Settings.model_fields.items():
        words = f"{'Required. ' if field.is_required() else ''}{said(Settings, name)}"
        if name == PROVIDERS:
            yield from section(f"{PROVIDERS}.{NAMED}", f"{words} The name is yours; it stands in records as `NAME/model`.")
            yield from of_kinds(registry.providers())
        elif name in held:
            path = f"{name}{step(Settings, name)}"
            yield from section(path, words)
            yield from described(held[name], f"{path}.")
        else:
            yield from section(name, f"{plain[name].facts} {plain[name].meaning}")


def of_kinds(kinds: Mapping[str, ModuleType]) -> Iterator[str]:
    """The kinds, then every option that any of them has: once, and apart only where they differ."""
    path = f"{PROVIDERS}.{NAMED}."
    named = " or ".join(f"`{kind}`" for kind in kinds)
    yield from entry(path, Option("kind", f"{named}. Required.", "What it is: a file of headgate/providers."))
    for kind, module in kinds.items():
        yield from (f"### `kind: {kind}`", "", one_line((inspect.getdoc(module) or "").split("\n\n")[0]), "")
    by_kind = {kind: {option.name: option for option in options(module.Options)} for kind, module in kinds.items()}
    names = dict.fromkeys(name for found in by_kind.values() for name in found)
    for name in names:
        yield from shared(path, {kind: found[name] for kind, found in by_kind.items() if name in found}, len(by_kind))
    yield from nested(kinds, path)


def shared(path: str, by_kind: Mapping[str, Option], kinds: int) -> Iterator[str]:
    """One option of several kinds."""
    first = next(iter(by_kind.values()))
    if set(by_kind.values()) == {first}:
        only = "" if len(by_kind) == kinds else f" Only for {' and '.join(f'`kind: {kind}`' for kind in by_kind)}."
        yield from entry(path, Option(first.name, first.facts + only, first.meaning))
        return
    yield from (f"### `{path}{first.name}`", "")
    yield from (f"- `kind: {kind}`: {option.facts} {option.meaning}" for kind, option in by_kind.items())
    yield ""


def nested(kinds: Mapping[str, ModuleType], path: str) -> Iterator[str]:
    """Settings inside options; kinds share the models of them."""
    found = {(name, model): module for module in kinds.values() for name, model in holders(module.Options).items()}
    for (name, model), module in found.items():
        yield from (f"### `{path}{name}`", "", said(module.Options, name), "")
        for option in options(model):
            yield from entry(f"{path}{name}.", option)


def written(page: str) -> str:
    """The page with its options as they are now."""
    before, found, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not (found and ended):
        raise SystemExit(f"{FILE} has lost its marks {BEGIN.strip()} and {END.strip()}")
    return before + BEGIN + "\n" + "\n".join(of_settings()) + "\n" + END + after


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Write the options in docs/configuration.md.")
    parser.add_argument("--check", action="store_true", help="only say whether the page is current")
    parser.add_argument("--output", type=Path, default=FILE)
    chosen = parser.parse_args(arguments)
    found = chosen.output.read_text(encoding="utf-8")
    page = written(found)
    if not chosen.check:
        chosen.output.write_text(page, encoding="utf-8")
        return 0
    if found == page:
        return 0
    print(f"{chosen.output} is not current; run scripts/write_config_docs.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
