"""Usage as the Messages API reports it, in disjoint classes, and what it costs (law M6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import Raw

from headgate.core.money import Price, Rates, Tier
from headgate.core.usage import Usage
from headgate.wire.anthropic import usage

MILLION = 1_000_000  # 1 USD per million tokens, in nano-dollars per 1,000
PRICE = Price(
    Rates(
        input=2 * MILLION,
        cache_read=100_000,
        cache_write_5m=2_500_000,
        cache_write_1h=4 * MILLION,
        output=10 * MILLION,
        reasoning=10 * MILLION,
        web_searches=10_000_000_000,  # 10 USD per thousand
    ),
    version="by hand",
)


def read(told: dict[str, Any]) -> Usage | None:
    return usage.disjoint(usage.told(Raw(json.dumps(told).encode())))


@pytest.mark.parametrize(
    ("told", "expected", "nano"),
    [
        pytest.param({"input_tokens": 12, "output_tokens": 30}, Usage(input=12, output=30), 324_000, id="plain"),
        pytest.param(
            {
                "input_tokens": 2_000,
                "cache_creation_input_tokens": 14_000,
                "cache_read_input_tokens": 100_000,
                "cache_creation": {"ephemeral_5m_input_tokens": 10_000, "ephemeral_1h_input_tokens": 4_000},
                "output_tokens": 1_500,
                "service_tier": "standard",
            },
            Usage(input=2_000, cache_read=100_000, cache_write_5m=10_000, cache_write_1h=4_000, output=1_500),
            70_000_000,  # example P1: 0.070 USD
            id="cache writes of both kinds",
        ),
        pytest.param(
            {
                "input_tokens": 5,
                "cache_creation_input_tokens": 800,
                "cache_read_input_tokens": None,
                "cache_creation": None,
                "output_tokens": 1,
            },
            Usage(input=5, cache_write_5m=800, output=1),
            2_020_000,  # 5 × 2 + 800 × 2.5 + 10
            id="a write that does not say for how long",
        ),
        pytest.param(
            {
                "input_tokens": 12,
                "cache_creation_input_tokens": 0,
                "cache_read_input_tokens": 0,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
                "output_tokens": 300,
                "output_tokens_details": {"thinking_tokens": 211},
                "server_tool_use": None,
                "service_tier": "standard",
                "inference_geo": "global",
            },
            Usage(input=12, output=89, reasoning=211),
            3_024_000,
            id="thinking",
        ),
        pytest.param(
            {"input_tokens": 105, "output_tokens": 500, "server_tool_use": {"web_search_requests": 2, "web_fetch_requests": 1}},
            Usage(input=105, output=500, web_searches=2),
            25_210_000,  # 105 × 2 + 500 × 10 + 2 × 0.01 USD
            id="server tools",
        ),
        pytest.param(
            {
                "input_tokens": 1_000,
                "output_tokens": 100,
                "iterations": [
                    {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500, "cache_read_input_tokens": 10},
                    {"type": "message", "input_tokens": 1_000, "output_tokens": 100},
                ],
            },
            Usage(input=181_000, cache_read=10, output=3_600),
            398_001_000,  # 181,000 × 2 + 10 × 0.1 + 3,600 × 10
            id="compaction",
        ),
        pytest.param(
            {"input_tokens": -1, "output_tokens": 7.0, "cache_read_input_tokens": "x", "output_tokens_details": {"thinking_tokens": 9}},
            Usage(reasoning=7),
            70_000,
            id="nonsense",
        ),
    ],
)
def test_golden_usage(told: dict[str, Any], expected: Usage, nano: int) -> None:
    assert read(told) == expected
    assert PRICE.cost_nano(expected) == nano


@pytest.mark.parametrize(
    ("fresh", "nano"), [(99_999, 599_997_000 + 1_500_000), (100_000, 600_000_000 + 1_500_000), (100_001, 1_200_006_000 + 2_250_000)]
)
def test_the_threshold_counts_cached_tokens_too(fresh: int, nano: int) -> None:
    base, long = 3 * MILLION, 6 * MILLION
    tiers = (Tier(200_000, Rates(input=long, cache_read=long, output=22_500_000)),)
    price = Price(Rates(input=base, cache_read=base, output=15 * MILLION), "by hand", tiers)
    found = read({"input_tokens": fresh, "cache_read_input_tokens": 100_000, "output_tokens": 100})
    assert found is not None
    assert price.cost_nano(found) == nano


def test_later_counts_replace_earlier_ones_and_silence_changes_nothing() -> None:
    start = usage.told(Raw(b'{"input_tokens":25,"cache_read_input_tokens":7,"output_tokens":1}'))
    end = usage.told(Raw(b'{"output_tokens":58,"cache_read_input_tokens":null}'))
    assert usage.disjoint(usage.updated(start, end)) == Usage(input=25, cache_read=7, output=58)


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", b"[]", b'{"service_tier":"standard"}'])
def test_what_is_no_usage_is_none(raw: bytes) -> None:
    assert usage.disjoint(usage.told(Raw(raw))) is None
