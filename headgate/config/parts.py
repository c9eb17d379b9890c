"""Turns a document into settings part by part. A part that is wrong is left out after complaining, so that the rest is still checked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from headgate.config import complaints, document, prices, rules
from headgate.config.catalog import NO_PRICES
from headgate.config.document import Document
from headgate.config.schema import Kinds, ModelSettings, ProviderSettings, Settings, UsdPrice, Where

NO_PROVIDER = "no provider is configured; write for example: providers: { openai: { kind: openai, api_key: ${OPENAI_API_KEY} } }"
NO_MODEL = (
    "no model is configured, so nothing can be called; "
    "write for example: models: [{ name: gpt-4.1, deployments: [{ provider: openai, model: gpt-4.1 }] }]"
)
CONVERTED = frozenset({"int_type", "bool_type"})


class Reading:
    """One document on its way to settings; `folder` is what relative paths in it start from."""

    def __init__(self, found: Document, kinds: Kinds, folder: Path) -> None:
        self._document = found
        self._kinds = kinds
        self._context = {"folder": folder}

    def settings(self) -> Settings:
        """The settings. Where the document has problems now, they are not to be used."""
        blocks, items, own = self._mapping("providers", NO_PROVIDER), self._list("models", NO_MODEL), self._mapping("prices", None)
        providers = dict(self._providers(blocks))
        models = dict(self._models(items))
        priced = {key: self._part(UsdPrice, block, ("prices", key)) for key, block in own.items()}
        mappings = (cast(dict[str, Any], item) for item in items if isinstance(item, dict))
        names = [str(item["name"]) for item in mappings if "name" in item]
        rules.check(self._document, models, blocks, names)
        if len(models) == len(items):
            rules.prices(self._document, models, own)
        parts = {"providers": providers, "models": tuple(models.values()), "prices": {key: price for key, price in priced.items() if price}}
        return self._part(Settings, {**self._document.values, **parts}, ()) or Settings(providers={}, models=())

    def _mapping(self, name: str, absent: str | None) -> dict[str, Any]:
        """The mapping called `name`, empty after complaining; `absent` is what to say where there is none."""
        value = self._document.values.get(name, {})
        if isinstance(value, dict) and (value or absent is None):
            return cast(dict[str, Any], value)
        self._document.complain((name,), absent if absent and not value else 'expected a mapping, "name: { … }"')
        return {}

    def _list(self, name: str, absent: str) -> tuple[Any, ...]:
        value = self._document.values.get(name, ())
        if isinstance(value, tuple) and value:
            return cast(tuple[Any, ...], value)
        self._document.complain((name,), 'expected a list, "- …" lines or [ … ]' if value else absent)
        return ()

    def _providers(self, blocks: dict[str, Any]) -> Iterator[tuple[str, ProviderSettings]]:
        for name, block in blocks.items():
            where: Where = ("providers", name)
            if not isinstance(block, dict):
                self._document.complain(where, "expected a mapping of settings, such as { kind: …, api_key: … }")
                continue
            options: dict[str, Any] = {**block}
            kind = options.pop("kind", None)
            if kind not in self._kinds:
                self._kind(where, kind)
                continue
            plugin = self._kinds[kind]
            checked = self._part(plugin.Options, options, where)
            if checked is not None:
                self._price_list(where, checked)
                yield name, ProviderSettings(name=name, kind=kind, options=checked, plugin=plugin)

    def _kind(self, where: Where, kind: object) -> None:
        known = ", ".join(sorted(self._kinds))
        if kind is None:
            self._document.complain((*where, "kind"), f"is missing; there are: {known}")
            return
        shown = self._document.shown((*where, "kind"), kind)
        self._document.complain((*where, "kind"), f'no kind of provider is called "{shown}"; there are: {known}')

    def _price_list(self, where: Where, options: Any) -> None:
        if "price_list" not in options.model_fields_set or options.price_list == NO_PRICES:
            return
        names = (*prices.load().names, NO_PRICES)
        if options.price_list not in names:
            there = (*where, "price_list")
            shown = self._document.shown(there, options.price_list)
            self._document.complain(there, f'no price list is called "{shown}"' + complaints.closest(options.price_list, names))

    def _models(self, items: tuple[Any, ...]) -> Iterator[tuple[Where, ModelSettings]]:
        for index, item in enumerate(items):
            where: Where = ("models", index)
            model = self._part(ModelSettings, item, where)
            if model is not None:
                yield where, model

    def _part(self, schema: type[BaseModel], values: Any, where: Where) -> Any:
        """`values` as `schema`, or None after complaining."""
        try:
            return schema.model_validate(self._numbers(schema, values, where), context=self._context)
        except ValidationError as cause:
            for error in _causes(cause.errors(include_url=False)):
                there = (*where, *(step for step in error["loc"] if step != "[key]"))
                error["input"] = self._document.shown(there, error["input"])
                self._document.complain(there, complaints.sentence(error, schema))
            return None

    def _numbers(self, schema: type[BaseModel], values: Any, where: Where) -> Any:
        """`values` with what came from variables read as YAML would read it, where a number or a switch is wanted and not text."""
        try:
            schema.model_validate(values, context=self._context)
        except ValidationError as cause:
            for error in cause.errors(include_url=False):
                if error["type"] in CONVERTED and (*where, *error["loc"]) in self._document.templates:
                    values = _with(values, error["loc"], document.plain(str(error["input"])))
        return values


def _causes(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """The errors but those that follow from others: a list whose entries are wrong also counts as too short."""
    for error in errors:
        depth = len(error["loc"])
        inside = any(other["loc"][:depth] == error["loc"] and len(other["loc"]) > depth for other in errors)
        if not (error["type"] == "too_short" and inside):
            yield error


def _with(value: Any, where: Where, new: Any) -> Any:
    """A copy of `value` with `new` at `where`."""
    if not where:
        return new
    step, rest = where[0], where[1:]
    if isinstance(value, tuple):
        items = cast(tuple[Any, ...], value)
        return tuple(_with(each, rest, new) if index == step else each for index, each in enumerate(items))
    return {**value, step: _with(value[step], rest, new)}
