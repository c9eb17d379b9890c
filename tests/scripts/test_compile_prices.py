"""The compiler of the price lists."""

from __future__ import annotations

import runpy
import subprocess
import sys
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from genai_prices import types as source

from headgate.config.prices import Match

SCRIPT = Path(__file__).parent.parent.parent / "scripts/compile_prices.py"
COMPILER: dict[str, Any] = runpy.run_path(str(SCRIPT))


def model(prices: Any) -> source.ModelInfo:
    return source.ModelInfo(id="m", match=source.ClauseEquals(equals="M"), prices=prices)


def price(**usd: str) -> source.ModelPrice:
    return source.ModelPrice(**{key: Decimal(value) for key, value in usd.items()})


def row(prices: Any, listed: str = "acme", today: date = date(2026, 6, 1)) -> Any:
    return COMPILER["row"](listed, model(prices), today)


def test_the_shipped_lists_are_what_the_installed_package_says() -> None:
    checked = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_lists_that_differ_are_reported(tmp_path: Path) -> None:
    other = tmp_path / "prices.json"
    other.write_text('{"compiled":"2026-01-01"}')
    checked = subprocess.run([sys.executable, SCRIPT, "--check", "--output", other], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "run scripts/compile_prices.py" in checked.stderr


def test_six_decimals_are_exact_and_a_seventh_is_an_error() -> None:
    assert row(price(input_mtok="0.000001", output_mtok="2.5")).rates == {"input": 1, "output": 2_500_000}
    with pytest.raises(COMPILER["Inexact"], match="acme: input_mtok is 1E-7 USD"):
        row(price(input_mtok="0.0000001"))


def test_only_feeds_of_binary_numbers_are_rounded() -> None:
    assert row(price(input_mtok="0.13999999999999999"), "openrouter").rates == {"input": 140_000}


def test_the_price_in_force_on_the_day_is_taken() -> None:
    changes = [
        source.ConditionalPrice(None, prices=price(input_mtok="1")),
        source.ConditionalPrice(source.StartDateConstraint(date(2026, 5, 1)), prices=price(input_mtok="2")),
        source.ConditionalPrice(source.StartDateConstraint(date(2026, 7, 1)), prices=price(input_mtok="3")),
    ]
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 30), date(2026, 7, 1)]
    assert [row(changes, today=day).rates["input"] for day in days] == [1_000_000, 2_000_000, 2_000_000, 3_000_000]


def test_of_prices_by_the_hour_the_dearest_is_taken() -> None:
    hours = [
        source.ConditionalPrice(None, prices=price(input_mtok="1", output_mtok="1")),
        source.ConditionalPrice(source.TimeOfDateConstraint(time(6), time(10)), prices=price(input_mtok="2", output_mtok="2")),
    ]
    assert row(hours).rates == {"input": 2_000_000, "output": 2_000_000}


def test_tiers_are_whole_price_lists_and_classes_without_tiers_keep_their_base() -> None:
    tiered = source.TieredPrices(
        base=Decimal(1), tiers=[source.Tier(start=200, price=Decimal(2)), source.Tier(start=400, price=Decimal(3))]
    )
    found = row(source.ModelPrice(input_mtok=tiered, output_mtok=Decimal(5)))
    assert found.rates == {"input": 1_000_000, "output": 5_000_000}
    assert found.tiers == ((200, {"input": 2_000_000, "output": 5_000_000}), (400, {"input": 3_000_000, "output": 5_000_000}))


@pytest.mark.parametrize("unit", ["requests_kcount", "audio_hours", "output_citation_mtok"])
def test_a_model_sold_by_what_is_not_counted_has_no_price(unit: str) -> None:
    assert row(price(input_mtok="1", output_mtok="1", **{unit: "1"})).rates is None


def test_a_unit_that_nobody_has_thought_about_stops_the_compiler() -> None:
    with pytest.raises(LookupError, match="output_smell_mtok"):
        row(price(input_mtok="1", output_smell_mtok="1"))


def test_rules_become_flat_lists_in_lower_case() -> None:
    clause = source.ClauseOr(
        or_=[
            source.ClauseEquals(equals="A"),
            source.ClauseOr(or_=[source.ClauseStartsWith(starts_with="B"), source.ClauseRegex(regex=r"\D")]),
            source.ClauseAnd(and_=[source.ClauseContains(contains="C"), source.ClauseEndsWith(ends_with="D")]),
        ]
    )
    assert COMPILER["match"](clause) == Match(
        equals=("a",), starts_with=("b",), regex=(r"\D",), both=((Match(contains=("c",)), Match(ends_with=("d",))),)
    )
