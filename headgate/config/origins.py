"""Every setting in effect, with where it came from. Secrets are never in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from pydantic import BaseModel, SecretStr

from headgate.config.load import spelled
from headgate.config.schema import ProviderSettings, Settings, Source, Where

MASK = "***"
VARIABLE = re.compile(r"\$\{[A-Za-z0-9_]+\}")
CREDENTIAL = re.compile(r"(?<=://)[^/@]*@")


@dataclass(frozen=True, slots=True)
class Setting:
    """One line of `headgate check`."""

    name: str
    value: str
    """As written, where it was made from environment variables."""
    origin: str
    """default, file:line, or environment."""


def effective(settings: Settings) -> list[Setting]:
    """Every setting, in the order of the schema."""
    return [_setting(where, value, settings.source) for where, value in _leaves(settings, ())]


def _leaves(value: Any, where: Where) -> Iterator[tuple[Where, Any]]:
    if isinstance(value, ProviderSettings):
        yield (*where, "kind"), value.kind
        yield from _leaves(value.options, where)
    elif isinstance(value, BaseModel):
        for name, inner in value:
            yield from _leaves(inner, (*where, name))
    elif isinstance(value, dict) and value:
        for name, inner in cast(dict[str, Any], value).items():
            yield from _leaves(inner, (*where, name))
    elif isinstance(value, tuple) and value:
        for index, inner in enumerate(cast(tuple[Any, ...], value)):
            yield from _leaves(inner, (*where, index))
    else:
        yield where, value


def _setting(where: Where, value: Any, source: Source) -> Setting:
    template = source.templates.get(where)
    # Beside a variable's name, a template for a secret may hold a part of it.
    tells = template is not None and (not isinstance(value, SecretStr) or VARIABLE.fullmatch(template))
    shown = template if template is not None and tells else _text(value)
    return Setting(name=spelled(where), value=CREDENTIAL.sub(f"{MASK}@", shown), origin=_origin(where, template, source))


def _origin(where: Where, template: str | None, source: Source) -> str:
    if where not in source.lines:
        return "default"
    if source.file is None:
        return "default" if template is None else "environment"
    place = f"{source.file}:{source.lines[where]}"
    return place if template is None else f"{place}, environment"


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return MASK
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | tuple):
        return "none"
    return str(value)
