"""What a cost is made of."""

from __future__ import annotations

from msgspec.structs import replace

from headgate.control import costs
from headgate.core.money import Price, Rates, Tier
from headgate.core.usage import Usage
from tests.support.ledger import settled

PRICE = Price(Rates(input=2_000_000, cache_read=500_000, output=8_000_000, reasoning=8_000_000), "2026-01")
USED = Usage(input=100, cache_read=50, output=20, reasoning=3)
RECORD = replace(settled("r1", PRICE.cost_nano(USED)), usage=USED)


def test_each_class_that_was_used_has_its_line() -> None:
    found = costs.lines(RECORD, PRICE)
    assert [(line.name, line.units, line.cost_nano) for line in found] == [
        ("input", 100, 200_000),
        ("cache_read", 50, 25_000),
        ("output", 20, 160_000),
        ("reasoning", 3, 24_000),
    ]
    assert sum(line.cost_nano or 0 for line in found) == RECORD.cost_nano


def test_a_price_of_another_edition_explains_nothing() -> None:
    newer = Price(PRICE.rates, "2026-02")
    assert next((line.name, line.rate, line.cost_nano) for line in costs.lines(RECORD, newer)) == ("input", None, None)


def test_a_price_that_does_not_give_the_charged_sum_explains_nothing() -> None:
    assert costs.lines(replace(RECORD, cost_nano=1), PRICE)[0].cost_nano is None


def test_a_long_prompt_is_priced_by_its_tier() -> None:
    dear = Rates(input=4_000_000, cache_read=1_000_000, output=16_000_000, reasoning=16_000_000)
    tiered = Price(PRICE.rates, "2026-01", (Tier(149, dear),))
    found = costs.lines(replace(RECORD, cost_nano=tiered.cost_nano(USED)), tiered)
    assert [line.rate for line in found] == [dear.input, dear.cache_read, dear.output, dear.reasoning]
    short = replace(RECORD, usage=Usage(input=149), cost_nano=tiered.cost_nano(Usage(input=149)))
    assert [line.rate for line in costs.lines(short, tiered)] == [PRICE.rates.input]


def test_every_class_has_a_label() -> None:
    assert set(costs.LABELS) == set(Usage.__struct_fields__)
