"""What models cost: the shipped price lists, compiled from genai-prices, and prices of the operator's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import Raw, Struct

from headgate.config.schema import UsdPrice, UsdRates
from headgate.core.money import Price, Rates, Tier
from headgate.core.usage import CLASSES

FILE = Path(__file__).with_name("prices.json")
NANO_PER_1000 = {"_usd_per_mtok": 1_000_000, "_usd_per_thousand": 1_000_000_000}
"""One US dollar per million tokens is 10⁶ nano-dollars per 1,000 tokens; per thousand searches it is 10⁹ per 1,000."""

RELATIVE = {
    "cache_read": "input",
    "cache_write_5m": "input",
    "cache_write_30m": "cache_write_5m",
    "cache_write_1h": "cache_write_5m",
    "cache_write_12h": "cache_write_30m",
    "reasoning": "output",
    "input_audio": "input",
    "output_audio": "output",
    "input_image": "input",
    "output_image": "output",
}
"""Whose rate a class takes that a price list leaves out. Output and web searches that are left out cost nothing: embedding models
have no output, and searches are listed where they are sold."""

COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")

Known = dict[str, int]
"""The classes that a price list states: class → nano-dollars per 1,000 units."""


class Match(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule about a model's id in lower case: true if any part of it is."""

    equals: tuple[str, ...] = ()
    starts_with: tuple[str, ...] = ()
    ends_with: tuple[str, ...] = ()
    contains: tuple[str, ...] = ()
    regex: tuple[str, ...] = ()
    both: tuple[tuple[Match, ...], ...] = ()
    """Groups of rules that must all be true."""

    def holds(self, model: str) -> bool:
        return (
            model in self.equals
            or model.startswith(self.starts_with)
            or model.endswith(self.ends_with)
            or any(part in model for part in self.contains)
            or any(re.search(pattern, model) for pattern in self.regex)
            or any(all(match.holds(model) for match in group) for group in self.both)
        )


class Row(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """One model of a list. Without rates its price is unknown, which is not the same as a price of zero."""

    id: str
    match: Match
    rates: Known | None = None
    tiers: tuple[tuple[int, Known], ...] = ()
    """Prompt length above which other rates hold for the whole request, ascending."""


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """The shipped file. Lists stay undecoded until they are asked for."""

    version: str
    compiled: date
    """The day whose prices these are."""
    hosts: Mapping[str, str]
    """List → pattern of the URLs that it holds for."""
    also: Mapping[str, tuple[str, ...]]
    """List → lists to look in when it does not have a model itself."""
    lists: Mapping[str, Raw]


class PriceTable:
    """Price lists by name."""

    def __init__(self, file: File) -> None:
        self._file = file
        self.version = file.version
        self.find = lru_cache(maxsize=1024)(self._find)
        self._rows = lru_cache(maxsize=None)(self._decode)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._file.lists)

    @property
    def decoded(self) -> int:
        """How many lists have been asked for."""
        return self._rows.cache_info().currsize

    def list_for(self, url: str) -> str | None:
        """The list that holds for an API at `url`; None where it is nobody's we know."""
        return next((name for name, pattern in self._file.hosts.items() if re.match(pattern, url)), None)

    def _find(self, name: str, model: str) -> Price | None:
        """The price of `model` in the list called `name`; None where it is unknown."""
        row = self.row(name, model)
        if row is None or row.rates is None:
            return None
        tiers = tuple(Tier(above_tokens=above, rates=complete(rates)) for above, rates in row.tiers)
        return Price(rates=complete(row.rates), version=self.version, tiers=tiers)

    def row(self, name: str, model: str) -> Row | None:
        """The first row that `model` matches in the list, or in the lists that it stands for."""
        if name not in self._file.lists:
            return None
        rows = [row for each in (name, *self._file.also.get(name, ())) for row in self._rows(each)]
        written = model.lower()
        spellings = (written, COMPACT_DATE.sub(r"-\1-\2-\3", written))
        return next((row for spelling in spellings for row in rows if row.match.holds(spelling)), None)

    def _decode(self, name: str) -> tuple[Row, ...]:
        return msgspec.json.decode(self._file.lists[name], type=tuple[Row, ...])


def load() -> PriceTable:
    """The shipped lists. Never over a network."""
    return PriceTable(msgspec.json.decode(FILE.read_bytes(), type=File))


def complete(known: Known) -> Rates:
    """Rates for every class, those that are not known taken from their relatives."""
    rates = dict(known)
    for name in CLASSES:
        rates.setdefault(name, rates.get(RELATIVE.get(name, ""), 0))
    return Rates(**rates)


def configured(price: UsdPrice) -> Price:
    """An operator's own price. Its version is a digest of it, so that two different ones are told apart."""
    tiers = tuple(Tier(above_tokens=tier.above_tokens, rates=complete(_known(tier))) for tier in price.tiers)
    rates = complete(_known(price))
    digest = hashlib.sha256(msgspec.json.encode((rates, tiers))).hexdigest()
    return Price(rates=rates, version=f"configured {digest[:8]}", tiers=tiers)


def _known(rates: UsdRates) -> Known:
    return {
        field.removesuffix(unit): int(value * nano)
        for field, value in rates
        for unit, nano in NANO_PER_1000.items()
        if value is not None and field.endswith(unit)
    }
