"""Money to the nano-dollar."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.money import NANO_PER_DOLLAR, Price, Rates, Tier, dollars
from headgate.core.usage import CLASSES, Usage

COUNTS = st.integers(0, 10_000_000)
USAGES = st.builds(Usage, **dict.fromkeys(CLASSES, COUNTS))
RATES = st.builds(Rates, **dict.fromkeys(CLASSES, st.integers(0, 1_000_000_000)))


def test_rates_and_usage_have_the_same_classes() -> None:
    assert Rates.__struct_fields__ == CLASSES


def test_a_list_price_is_charged_exactly() -> None:
    price = Price(Rates(input=3_000_000, cache_read=300_000, output=15_000_000), "v")  # 3, 0.30 and 15 USD per million
    assert price.cost_nano(Usage(input=1_000_000)) == 3 * NANO_PER_DOLLAR
    assert price.cost_nano(Usage(input=1)) == 3_000
    assert price.cost_nano(Usage(cache_read=1)) == 300
    assert price.cost_nano(Usage(input=7, cache_read=11, output=13)) == 7 * 3_000 + 11 * 300 + 13 * 15_000


@given(USAGES, RATES)
def test_the_cost_is_the_sum_of_products_rounded_once(usage: Usage, rates: Rates) -> None:
    exact = sum(Fraction(getattr(usage, name) * getattr(rates, name), 1_000) for name in CLASSES)
    assert abs(Price(rates, "v").cost_nano(usage) - exact) <= Fraction(1, 2)


@given(COUNTS, COUNTS, RATES)
def test_plain_usage_costs_the_same_on_the_short_way(fresh: int, output: int, rates: Rates) -> None:
    usage = Usage(input=fresh, output=output)
    whole = sum(getattr(usage, name) * getattr(rates, name) for name in CLASSES)
    assert not usage.detailed and Price(rates, "v").cost_nano(usage) == (whole + 500) // 1_000


@pytest.mark.parametrize(("units", "rate", "nano"), [(1, 499, 0), (1, 500, 1), (3, 500, 2), (1, 1_499, 1), (0, 10**9, 0)])
def test_half_a_nano_dollar_is_rounded_up(units: int, rate: int, nano: int) -> None:
    assert Price(Rates(input=rate), "v").cost_nano(Usage(input=units)) == nano


@pytest.mark.parametrize(("prompt", "rate"), [(199, 1), (200, 1), (201, 2), (999, 2), (1_000, 2), (1_001, 3)])
def test_the_last_tier_that_was_passed_decides_for_the_whole_request(prompt: int, rate: int) -> None:
    tiers = (Tier(200, Rates(input=2_000, output=20_000)), Tier(1_000, Rates(input=3_000, output=30_000)))
    price = Price(Rates(input=1_000, output=10_000), "v", tiers)
    assert price.cost_nano(Usage(input=prompt, output=5)) == prompt * rate + 5 * rate * 10


def test_cached_tokens_count_towards_a_tier() -> None:
    price = Price(Rates(input=1_000, cache_read=100), "v", (Tier(200, Rates(input=2_000, cache_read=200)),))
    assert price.cost_nano(Usage(input=1, cache_read=200)) == 42


@given(st.integers(-(10**15), 10**15))
def test_dollars_are_exact_and_have_no_idle_zeros(nano: int) -> None:
    text = dollars(nano)
    assert Fraction(text) * NANO_PER_DOLLAR == nano
    assert re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]{0,8}[1-9])?", text) and text != "-0"


@pytest.mark.parametrize(
    ("nano", "text"), [(0, "0"), (1, "0.000000001"), (1_500_000, "0.0015"), (2_000_000_000, "2"), (-5, "-0.000000005")]
)
def test_dollars_look_like_this(nano: int, text: str) -> None:
    assert dollars(nano) == text
