"""What models cost, checked against the calculator of the package that the lists come from."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Decimal

import genai_prices
import msgspec
import pytest
from genai_prices.data_snapshot import get_snapshot
from hypothesis import given
from hypothesis import strategies as st

from headgate.config import prices
from headgate.config.prices import Match, PriceTable
from headgate.config.schema import UsdPrice, UsdTier
from headgate.core.money import Rates, Tier
from headgate.core.usage import Usage

TABLE = prices.load()
COMPILED: date = msgspec.json.decode(prices.FILE.read_bytes(), type=prices.File).compiled

MODELS = [
    *(("openai", name) for name in ("gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "o1", "o3")),
    *(
        ("openai", name)
        for name in ("o3-mini", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-5.4", "gpt-5.5", "gpt-5.6-sol", "gpt-6-sol", "gpt-6.1-sol")
    ),
    *(("openai", name) for name in ("gpt-3.5-turbo", "gpt-4-turbo", "text-embedding-3-small", "text-embedding-3-large")),
    *(("anthropic", f"claude-{name}") for name in ("3-haiku-20240307", "3-5-sonnet-20241022", "3-5-haiku-latest", "3-7-sonnet-latest")),
    *(("anthropic", f"claude-{name}") for name in ("opus-4-1", "opus-4-5-20251101", "opus-4-6", "sonnet-4-5", "sonnet-4-6", "haiku-4-5")),
    *(("anthropic", f"claude-{name}") for name in ("haiku-5-5", "sonnet-5-5", "opus-5-5", "fable-5-2")),
    *(("google", f"gemini-{name}") for name in ("2.5-pro", "2.5-flash", "2.5-flash-lite")),
    *(("mistral", "mistral-large-latest"), ("x-ai", "grok-4"), ("groq", "llama-3.3-70b-versatile"), ("cohere", "command-r-plus")),
    *(("azure", "gpt-4.1"), ("aws", "anthropic.claude-sonnet-4-5-20250929-v1:0"), ("openrouter", "anthropic/claude-sonnet-4.5")),
]
USAGES = {
    "nothing": Usage(),
    "one token": Usage(input=1, output=1),
    "plain": Usage(input=1_234, output=567),
    "cached": Usage(input=2_000, cache_read=100_000, output=1_500),
    "written": Usage(input=50_001, cache_read=30_003, cache_write_5m=15_007, output=2_011),
    "reasoned": Usage(input=999, output=800, reasoning=1_203),
    "searched": Usage(input=999, output=800, web_searches=3),
    "long": Usage(input=150_000, cache_read=120_000, cache_write_5m=40_000, output=3_000, reasoning=77),
}


def calculated(listed: str, model: str, usage: Usage) -> int:
    """Nano-dollars by the package's own calculator, on the day of the table."""
    writes = usage.cache_write_5m + usage.cache_write_1h
    reported = genai_prices.Usage(
        input_tokens=usage.prompt,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=writes,
        cache_write_1h_tokens=usage.cache_write_1h,
        output_tokens=usage.completion,
        output_reasoning_tokens=usage.reasoning,
        web_searches=usage.web_searches,
    )
    moment = datetime.combine(COMPILED, time(12), UTC)
    total = genai_prices.calc_price(reported, model, provider_id=listed, genai_request_timestamp=moment).total_price
    return int((total * 1_000_000_000).quantize(Decimal(1), ROUND_HALF_UP))


@pytest.mark.parametrize("usage", USAGES.values(), ids=USAGES)
@pytest.mark.parametrize(("listed", "model"), MODELS, ids="/".join)
def test_a_well_known_model_costs_what_the_package_calculates(listed: str, model: str, usage: Usage) -> None:
    price = TABLE.find(listed, model)
    assert price is not None
    assert price.cost_nano(usage) == calculated(listed, model, usage)


@given(
    st.sampled_from([("openai", "gpt-5.6-sol"), ("anthropic", "claude-haiku-5-5"), ("anthropic", "claude-sonnet-4-5")]),
    st.builds(Usage, *[st.integers(0, 300_000)] * 2),
    st.integers(0, 200_000),
    st.integers(0, 10**6),
)
def test_any_usage_costs_what_the_package_calculates(model: tuple[str, str], usage: Usage, write: int, output: int) -> None:
    whole = msgspec.structs.replace(usage, cache_write_5m=write, output=output)
    price = TABLE.find(*model)
    assert price is not None
    assert price.cost_nano(whole) == calculated(*model, whole)


@pytest.mark.parametrize(
    ("listed", "model", "threshold"),
    [("openai", "gpt-5.6-sol", 272_000), ("anthropic", "claude-sonnet-4-5", 200_000), ("google", "gemini-2.5-pro", 200_000)],
)
def test_the_whole_request_pays_the_tier_once_the_prompt_is_longer(listed: str, model: str, threshold: int) -> None:
    price = TABLE.find(listed, model)
    assert price is not None
    (tier,) = price.tiers
    costs = [price.cost_nano(Usage(input=threshold + more - 10_000, cache_read=10_000, output=5)) for more in (-1, 0, 1)]
    assert costs == [calculated(listed, model, Usage(input=threshold + more - 10_000, cache_read=10_000, output=5)) for more in (-1, 0, 1)]
    assert costs[1] - costs[0] == price.rates.input // 1000
    assert costs[2] * 1000 == (threshold - 9_999) * tier.rates.input + 10_000 * tier.rates.cache_read + 5 * tier.rates.output


def test_an_hour_in_the_cache_costs_twice_the_input() -> None:
    for model in ("claude-sonnet-4-5", "claude-opus-5-5", "claude-haiku-5-5", "claude-2"):
        price = TABLE.find("anthropic", model)
        assert price is not None
        assert price.rates.cache_write_1h == 2 * price.rates.input
    assert price is not None and price.rates.cache_write_5m == price.rates.input


def test_twelve_hours_in_the_cache_cost_two_and_a_half_times_the_input_where_writing_costs_anything() -> None:
    priced, free = TABLE.find("openai", "gpt-5.6-sol"), TABLE.find("openai", "gpt-4.1")
    assert priced is not None and free is not None
    assert priced.rates.cache_write_30m * 4 == priced.rates.input * 5
    assert priced.rates.cache_write_12h * 2 == priced.rates.input * 5
    assert (free.rates.cache_write_30m, free.rates.cache_write_12h) == (free.rates.input, free.rates.input)


def test_a_class_that_no_list_states_costs_what_its_relative_costs() -> None:
    assert prices.complete({"input": 3, "output": 5, "cache_write_5m": 4}) == Rates(
        input=3,
        cache_read=3,
        cache_write_5m=4,
        cache_write_30m=4,
        cache_write_1h=4,
        cache_write_12h=4,
        output=5,
        reasoning=5,
        input_audio=3,
        output_audio=5,
        input_image=3,
        output_image=5,
        web_searches=0,
    )


@pytest.mark.parametrize(
    ("listed", "model"),
    [("openai", "no-such-model"), ("no-such-list", "gpt-4.1"), ("openai", "whisper-1"), ("perplexity", "sonar"), ("openai", "")],
)
def test_what_cannot_be_priced_whole_has_no_price_rather_than_a_price_of_zero(listed: str, model: str) -> None:
    assert TABLE.find(listed, model) is None


@pytest.mark.parametrize(
    ("listed", "model", "same"),
    [
        ("openai", "GPT-4.1", "gpt-4.1"),
        ("openai", "gpt-4.1-2025-04-14", "gpt-4.1"),
        ("openai", "gpt-4.1-20250414", "gpt-4.1"),
        ("anthropic", "claude-opus-5-20260601", "claude-opus-5"),
    ],
)
def test_dated_and_shouted_names_are_the_same_model(listed: str, model: str, same: str) -> None:
    assert TABLE.find(listed, model) == TABLE.find(listed, same) is not None


def test_every_model_of_every_list_is_found_as_the_package_finds_it() -> None:
    snapshot = get_snapshot()
    strange: list[tuple[str, str]] = []
    for provider in snapshot.providers:
        for model in provider.models:
            theirs = provider.find_model(model.id, all_providers=snapshot.providers)
            ours = TABLE.row(provider.id, model.id)
            if (theirs and theirs.id) != (ours and ours.id):
                strange.append((provider.id, model.id))
    assert strange == []


def test_a_list_belongs_to_a_host() -> None:
    assert TABLE.list_for("https://api.groq.com/openai/v1") == "groq"
    assert TABLE.list_for("https://api.openai.com/v1") == "openai"
    assert TABLE.list_for("http://127.0.0.1:8000/v1") is None


def test_a_price_names_its_edition() -> None:
    price = TABLE.find("openai", "gpt-4.1")
    assert price is not None
    assert price.version == TABLE.version == f"genai-prices {genai_prices.__version__}"


def test_lists_that_nobody_asks_for_are_not_decoded() -> None:
    table: PriceTable = prices.load()
    assert table.decoded == 0
    table.find("openai", "gpt-4.1")
    assert table.decoded == 1


@pytest.mark.parametrize(
    ("match", "model", "holds"),
    [
        (Match(equals=("a",)), "a", True),
        (Match(equals=("a",)), "ab", False),
        (Match(starts_with=("a", "b")), "bc", True),
        (Match(ends_with=("c",)), "bc", True),
        (Match(contains=("c",)), "bcd", True),
        (Match(regex=("^b.d$",)), "bcd", True),
        (Match(both=((Match(starts_with=("b",)), Match(ends_with=("d",))),)), "bcd", True),
        (Match(both=((Match(starts_with=("b",)), Match(ends_with=("x",))),)), "bcd", False),
        (Match(), "bcd", False),
    ],
)
def test_a_rule_holds_if_any_part_of_it_does(match: Match, model: str, holds: bool) -> None:
    assert match.holds(model) is holds


def test_a_price_of_one_s_own_replaces_all_of_the_listed_one() -> None:
    tier = UsdTier(above_tokens=1_000, input_usd_per_mtok=Decimal(2), output_usd_per_mtok=Decimal(3))
    own = UsdPrice(
        input_usd_per_mtok=Decimal("0.000001"),
        output_usd_per_mtok=Decimal("2.5"),
        cache_read_usd_per_mtok=Decimal(0),
        web_searches_usd_per_thousand=Decimal(10),
        tiers=(tier,),
    )
    price = prices.configured(own)
    assert price.rates == prices.complete({"input": 1, "output": 2_500_000, "cache_read": 0, "web_searches": 10_000_000_000})
    assert price.tiers == (Tier(above_tokens=1_000, rates=prices.complete({"input": 2_000_000, "output": 3_000_000})),)
    assert price.cost_nano(Usage(web_searches=1)) == 10_000_000


def test_two_prices_of_one_s_own_have_two_versions() -> None:
    versions = {
        prices.configured(UsdPrice(input_usd_per_mtok=Decimal(usd), output_usd_per_mtok=Decimal(1))).version for usd in ("1", "1.0", "2")
    }
    assert len(versions) == 2
    assert all(version.startswith("configured ") for version in versions)
