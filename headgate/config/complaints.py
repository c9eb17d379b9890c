"""What a schema found wrong, as sentences that say what to write. Values are shown only where they cannot be secret."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterator
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from headgate.config.schema import Where

SHOWN = 40
SPELLING = {
    "^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$": "at most 64 letters, digits, dots, underscores and hyphens",
    "^[!-~]{1,256}$": "at most 256 ASCII characters without spaces",
}


def closest(name: str, known: Collection[str]) -> str:
    """The end of a sentence about an unknown name: the nearest known one, or all of them."""
    near = difflib.get_close_matches(name.lower(), [each.lower() for each in known], n=1, cutoff=0.6)
    if near:
        return f"; did you mean {next(each for each in known if each.lower() == near[0])}?"
    return f"; there are: {', '.join(sorted(known))}" if known else ""


def sentence(error: ErrorDetails, model: type[BaseModel]) -> str:
    """What is wrong at `error["loc"]` of `model`, and what to write there."""
    kind, where = error["type"], error["loc"]
    if error.get("input") is None and kind not in {"missing", "extra_forbidden", "value_error"}:
        return "is empty; give it a value or leave it out"
    if kind == "extra_forbidden":
        return "unknown setting" + closest(str(where[-1]), _names(model, where[:-1]))
    return SENTENCES[kind](error) if kind in SENTENCES else error["msg"]


def _names(model: type[BaseModel], where: Where) -> list[str]:
    """The settings that exist at `where` in `model`."""
    here = model
    for step in where:
        if isinstance(step, str) and step in here.model_fields:
            here = next(_models(here.model_fields[step].annotation), here)
    return list(here.model_fields)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The schemas inside `A`, `A | None`, `tuple[A, ...]`, `dict[str, A]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def _got(error: ErrorDetails) -> str:
    value: object = error.get("input")
    if isinstance(value, dict):
        return "got a mapping"
    if isinstance(value, tuple):
        return "got a list"
    if isinstance(value, bool):
        return f"got {str(value).lower()}"
    if isinstance(value, str):
        return f'got "{value}"' if len(value) <= SHOWN and value.isprintable() else "got other text"
    return f"got {value}"


def _context(error: ErrorDetails, name: str) -> Any:
    return error.get("ctx", {})[name]


def _expected(what: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"expected {what}, {_got(error)}"


def _limit(words: str, name: str) -> Callable[[ErrorDetails], str]:
    return lambda error: f"must be {words} {_context(error, name)}, {_got(error)}"


def _literal(error: ErrorDetails) -> str:
    return f"expected {str(_context(error, 'expected')).replace(chr(39), '')}, {_got(error)}"


def _text(error: ErrorDetails) -> str:
    value = error.get("input")
    # The number itself is not shown: it may be a key without quotes.
    return _expected("text")(error) if isinstance(value, dict | tuple) else 'expected text; put it in quotes: "…"'


SENTENCES: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "is missing",
    "value_error": lambda error: str(_context(error, "error")),
    "int_type": _expected("a whole number"),
    "int_parsing_size": _expected("a smaller number"),
    "bool_type": _expected("true or false"),
    "decimal_type": _expected("a number of US dollars"),
    "decimal_parsing": _expected("a number of US dollars"),
    "finite_number": _expected("a number of US dollars"),
    "decimal_max_places": lambda _: "has more than six decimals; money is counted exactly, in steps of 0.000001 USD per million",
    "string_type": _text,
    "path_type": _text,
    "string_too_short": lambda _: "is empty",
    "too_short": lambda _: "is empty; it needs at least one entry",
    "string_pattern_mismatch": lambda error: f"must be {SPELLING[str(_context(error, 'pattern'))]}",
    "literal_error": _literal,
    "model_type": _expected('a mapping of settings, "name: value"'),
    "dict_type": _expected('a mapping, "name: value"'),
    "tuple_type": _expected('a list, "- …" lines or [ … ]'),
    "greater_than": _limit("greater than", "gt"),
    "greater_than_equal": _limit("at least", "ge"),
    "less_than_equal": _limit("at most", "le"),
}
