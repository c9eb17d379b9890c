"""Compiles the price data of the installed genai-prices (MIT) into headgate/config/prices.json. With --check it only compares.

Rules, each kept by the compiler or an error:
- A price list's number is USD per million tokens; the file has integer nano-dollars per 1,000 units, which is exact for up to six
  decimals. Lists in BINARY come from feeds of binary floating point numbers (0.13999999999999999); theirs are rounded to six
  decimals. Anywhere else a seventh decimal is an error.
- Of prices that begin on a date, the one in force on the day of compilation is taken. Of prices that depend on the time of day, the
  dearest is taken: the table must not promise what holds only at night.
- A model that is sold by a unit the gateway does not count (REFUSED) has no price, because a part of it would pass for the whole.
- Classes the list leaves out are filled in when the table is read (prices.RELATIVE), but for what is known of a vendor (WRITES).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
from genai_prices import types as source
from genai_prices.data import providers

from headgate.config.prices import FILE, Known, Match, Row
from headgate.core.usage import CLASSES

BINARY = frozenset({"openrouter", "huggingface_together"})
CLASS = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_mtok": "cache_write_5m",
    "cache_write_5m_mtok": "cache_write_5m",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "input_audio_mtok": "input_audio",
    "output_audio_mtok": "output_audio",
    "input_image_mtok": "input_image",
    "output_image_mtok": "output_image",
    "web_searches_kcount": "web_searches",
}
COUNTED_ELSEWHERE = frozenset(
    {"cache_audio_read_mtok", "cache_image_read_mtok", "storage_searches_kcount", "input_video_mtok", "output_video_mtok"}
)
"""Units of models that also have plain token prices: cached audio and images count as cache reads, video as plain tokens, and file
searches are not seen in usage at all."""
REFUSED = frozenset(
    {
        *("audio_hours", "input_audio_hours", "input_mchars", "input_text_messages_kcount", "requests_kcount"),
        *("input_document_kpages", "input_annotated_document_kpages", "output_citation_mtok"),
    }
)
WRITES: dict[str, dict[str, tuple[str, Decimal]]] = {
    # An hour costs twice the input on all of its models, https://platform.claude.com/docs/en/build-with-claude/prompt-caching
    "anthropic": {"cache_write_1h": ("input", Decimal(2))},
    # Where writes have a price at all (1.25 × input for 30 minutes), twelve hours cost 2.5 × input.
    "openai": {"cache_write_12h": ("cache_write_5m", Decimal(2))},
}
NANO = {"kcount": 1_000_000_000, "mtok": 1_000_000}


class Inexact(Exception):
    """A list price that integers cannot hold."""


def compiled(today: date) -> dict[str, Any]:
    """The whole table with the prices of `today`."""
    priced = [provider for provider in providers if provider.models]
    return {
        "version": f"genai-prices {version('genai-prices')}",
        "compiled": today.isoformat(),
        "hosts": {provider.id: provider.api_pattern for provider in priced},
        "also": {provider.id: provider.fallback_model_providers for provider in priced if provider.fallback_model_providers},
        "lists": {provider.id: [row(provider.id, model, today) for model in provider.models] for provider in priced},
    }


def row(listed: str, model: source.ModelInfo, today: date) -> Row:
    price = current(model, today)
    found = stated(price)
    refused = REFUSED.intersection(found)
    if refused or "input_mtok" not in found:
        return Row(id=model.id, match=match(model.match))
    thresholds = sorted({tier.start for value in found.values() if isinstance(value, source.TieredPrices) for tier in value.tiers})
    return Row(
        id=model.id,
        match=match(model.match),
        rates=rates(listed, found, 0),
        tiers=tuple((above, rates(listed, found, above + 1)) for above in thresholds),
    )


def current(model: source.ModelInfo, today: date) -> source.ModelPrice:
    """What the model costs today, at its dearest hour."""
    midnight = datetime.combine(today, time(), UTC)
    during_the_day = (model.get_prices(midnight + timedelta(minutes=minutes)) for minutes in range(0, 24 * 60, 30))
    return max(during_the_day, key=lambda price: sum(base(value) for value in stated(price).values()))


def stated(price: source.ModelPrice) -> dict[str, Decimal | source.TieredPrices]:
    found: dict[str, Decimal | source.TieredPrices] = {key: value for key, value in vars(price).items() if value is not None}
    unknown = found.keys() - CLASS.keys() - COUNTED_ELSEWHERE - REFUSED
    if unknown:
        raise LookupError(f"new price units, decide what they mean here: {sorted(unknown)}")
    return found


def base(value: Decimal | source.TieredPrices) -> Decimal:
    return value.base if isinstance(value, source.TieredPrices) else value


def rates(listed: str, found: dict[str, Decimal | source.TieredPrices], prompt: int) -> Known:
    """The rates for a prompt of `prompt` tokens, in the order of the classes."""
    exact = {CLASS[key]: nano(listed, key, at(value, prompt)) for key, value in found.items() if key in CLASS}
    for name, (relative, factor) in WRITES.get(listed, {}).items():
        if name not in exact and relative in exact:
            exact[name] = int(exact[relative] * factor)
    return {name: exact[name] for name in CLASSES if name in exact}


def at(value: Decimal | source.TieredPrices, prompt: int) -> Decimal:
    if not isinstance(value, source.TieredPrices):
        return value
    return next((tier.price for tier in reversed(value.tiers) if prompt > tier.start), value.base)


def nano(listed: str, key: str, usd: Decimal) -> int:
    exact = usd * NANO[key.rpartition("_")[2]]
    whole = exact.to_integral_value()
    if whole != exact and listed not in BINARY:
        raise Inexact(f"{listed}: {key} is {usd} USD, which has no integer in nano-dollars per 1,000")
    return int(whole)


def match(clause: source.MatchLogic) -> Match:
    """The rule, with everything but the rare `and` in one flat list of alternatives."""
    flat: dict[str, list[Any]] = {}
    for name, value in alternatives(clause):
        flat.setdefault(name, []).append(value)
    return Match(**{name: tuple(values) for name, values in flat.items()})


def alternatives(clause: source.MatchLogic) -> Iterator[tuple[str, Any]]:
    if isinstance(clause, source.ClauseOr):
        for inner in clause.or_:
            yield from alternatives(inner)
    elif isinstance(clause, source.ClauseAnd):
        yield "both", tuple(match(inner) for inner in clause.and_)
    elif isinstance(clause, source.ClauseRegex):
        yield "regex", clause.regex
    else:
        yield from ((name, value.lower()) for name, value in vars(clause).items())


def written(table: dict[str, Any]) -> bytes:
    """The table as JSON, one model on a line, so that a change can be read."""
    lists: dict[str, list[Row]] = table["lists"]
    head = {name: value for name, value in table.items() if name != "lists"}
    rows = (f"{text(name)}:[\n{lines(models)}\n]" for name, models in lists.items())
    return f'{text(head)[:-1]},"lists":{{\n{f",{chr(10)}".join(rows)}\n}}}}\n'.encode()


def lines(rows: Iterable[Row]) -> str:
    return ",\n".join(text(row) for row in rows)


def text(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Compile the installed genai-prices into the shipped price lists.")
    parser.add_argument("--check", action="store_true", help="only say whether the shipped lists are what the package says")
    parser.add_argument("--output", type=Path, default=FILE)
    chosen = parser.parse_args(arguments)
    if not chosen.check:
        chosen.output.write_bytes(written(compiled(datetime.now(UTC).date())))
        return 0
    shipped: bytes = chosen.output.read_bytes()
    day = date.fromisoformat(msgspec.json.decode(shipped)["compiled"])
    if shipped == written(compiled(day)):
        return 0
    print(f"{chosen.output} is not what genai-prices {version('genai-prices')} says; run scripts/compile_prices.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
