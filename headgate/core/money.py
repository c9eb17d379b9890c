"""Money: integer nano-dollars (10⁻⁹ USD). Prices: integer nano-dollars per 1,000 units, so that every list price is exact."""

from __future__ import annotations

from msgspec import Struct

from headgate.core.usage import CLASSES, Usage

NANO_PER_DOLLAR = 1_000_000_000
UNITS_PER_PRICE = 1_000


class Rates(Struct, frozen=True, omit_defaults=True, gc=False):
    """What each class of usage costs, in nano-dollars per 1,000 units; one field for each field of `Usage`.

    1 USD per million tokens is 1,000,000 nano-dollars per 1,000 tokens, so a list price with up to six decimals stays an integer.
    """

    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_30m: int = 0
    cache_write_1h: int = 0
    cache_write_12h: int = 0
    output: int = 0
    reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    input_image: int = 0
    output_image: int = 0
    web_searches: int = 0


class Tier(Struct, frozen=True, gc=False):
    """Rates that replace the base for the whole request once its prompt has more than `above_tokens` tokens."""

    above_tokens: int
    rates: Rates


class Price(Struct, frozen=True, omit_defaults=True, gc=False):
    """One model's price list and the name of the edition it was taken from."""

    rates: Rates
    version: str
    tiers: tuple[Tier, ...] = ()

    def rates_for(self, usage: Usage) -> Rates:
        """The rates of the tier that a prompt of this length falls into."""
        rates, prompt = self.rates, usage.prompt
        for tier in self.tiers:  # ascending: the last threshold passed decides
            if prompt > tier.above_tokens:
                rates = tier.rates
        return rates

    def cost_nano(self, usage: Usage) -> int:
        """What `usage` costs, in nano-dollars; the sum is rounded once, half up."""
        rates = self.rates_for(usage) if self.tiers else self.rates
        total = usage.input * rates.input + usage.output * rates.output
        if usage.detailed:
            total = sum(getattr(usage, name) * getattr(rates, name) for name in CLASSES)
        return (total + UNITS_PER_PRICE // 2) // UNITS_PER_PRICE


def dollars(nano: int) -> str:
    """`nano` as a decimal string of dollars, exact, without trailing zeros: 1_500_000 → "0.0015"."""
    sign, whole, rest = "-" if nano < 0 else "", abs(nano) // NANO_PER_DOLLAR, abs(nano) % NANO_PER_DOLLAR
    return f"{sign}{whole}.{rest:09d}".rstrip("0").rstrip(".") if rest else f"{sign}{whole}"
