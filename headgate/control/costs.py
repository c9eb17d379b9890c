"""What a request's cost is made of, by the price it was charged at."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.core.money import UNITS_PER_PRICE, Price, Rates
from headgate.core.ports import Catalog
from headgate.core.record import Settled
from headgate.core.usage import CLASSES

LABELS = {
    "input": "input",
    "cache_read": "cache read",
    "cache_write_5m": "cache write 5 min",
    "cache_write_30m": "cache write 30 min",
    "cache_write_1h": "cache write 1 h",
    "cache_write_12h": "cache write 12 h",
    "output": "output",
    "reasoning": "reasoning",
    "input_audio": "input audio",
    "output_audio": "output audio",
    "input_image": "input image",
    "output_image": "output image",
    "web_searches": "web searches",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One class of usage."""

    name: str
    units: int
    rate: int | None = None
    """Nano-dollars per 1,000 units; None where the price it was charged at is not known any more."""
    cost_nano: int | None = None
    """Rounded by itself; the request's cost is rounded once, over all lines."""


def lines(record: Settled, price: Price | None) -> list[Line]:
    """One line for each class that was used. `price` counts only if it is the one that was charged."""
    rates = None if price is None or not charged(record, price) else price.rates_for(record.usage)
    return [_line(name, getattr(record.usage, name), rates) for name in CLASSES if getattr(record.usage, name)]


def charged(record: Settled, price: Price) -> bool:
    """Whether this is the price that the record was made with."""
    return record.price_version == price.version and record.cost_nano == price.cost_nano(record.usage)


def price_of(catalog: Catalog, record: Settled) -> Price | None:
    """Today's price of the deployment that answered under its alias; None where there is none any more."""
    model = catalog.models.get(record.alias or "")
    models = ([model] if model else []) + list(catalog.models.values())
    found = (deployment for each in models for deployment in each.deployments if deployment.name == record.deployment)
    return next((deployment.price for deployment in found), None)


def _line(name: str, units: int, rates: Rates | None) -> Line:
    if rates is None:
        return Line(name, units)
    rate: int = getattr(rates, name)
    return Line(name, units, rate, (units * rate + UNITS_PER_PRICE // 2) // UNITS_PER_PRICE)
