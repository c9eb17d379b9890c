"""Usage as real servers report it, in disjoint classes, and what it costs (law M6)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from headgate.core.money import Price, Rates, Tier
from headgate.core.usage import Usage
from headgate.wire.openai_chat import usage

MILLION = 1_000_000  # 1 USD per million tokens, in nano-dollars per 1,000
PRICE = Price(
    Rates(
        input=2 * MILLION,
        cache_read=100_000,
        cache_write_30m=2_500_000,
        cache_write_12h=5 * MILLION,
        output=10 * MILLION,
        reasoning=10 * MILLION,
        input_audio=40 * MILLION,
        output_audio=80 * MILLION,
        input_image=3 * MILLION,
    ),
    version="by hand",
)


def read(told: dict[str, Any]) -> Usage | None:
    return usage.read(Raw(json.dumps(told).encode()))


@pytest.mark.parametrize(
    ("told", "expected", "nano"),
    [
        pytest.param(
            {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29},
            Usage(input=19, output=10),
            138_000,  # 19 × 2 + 10 × 10 millionths
            id="plain",
        ),
        pytest.param(
            {
                "prompt_tokens": 50_000,
                "completion_tokens": 2_000,
                "total_tokens": 52_000,
                "prompt_tokens_details": {"cached_tokens": 30_000, "cache_write_tokens": 15_000, "audio_tokens": 0},
                "completion_tokens_details": {"reasoning_tokens": 1_200, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0},
            },
            Usage(input=5_000, cache_read=30_000, cache_write_30m=15_000, output=800, reasoning=1_200),
            70_500_000,  # example P2: 0.0705 USD
            id="cached and reasoned",
        ),
        pytest.param(
            {
                "prompt_tokens": 10_000,
                "completion_tokens": 0,
                "prompt_tokens_details": {
                    "cache_write_tokens": 9_000,
                    "cache_write_tokens_details": {"ttl_30m_tokens": 4_000, "ttl_12h_tokens": 5_000},
                },
            },
            Usage(input=1_000, cache_write_30m=4_000, cache_write_12h=5_000),
            37_000_000,  # 1,000 × 2 + 4,000 × 2.5 + 5,000 × 5
            id="two kinds of cache write",
        ),
        pytest.param(
            {
                "prompt_tokens": 120,
                "completion_tokens": 300,
                "total_tokens": 420,
                "prompt_tokens_details": {"cached_tokens": 0, "text_tokens": 20, "audio_tokens": 70, "image_tokens": 30},
                "completion_tokens_details": {"reasoning_tokens": 0, "text_tokens": 50, "audio_tokens": 250},
            },
            Usage(input=20, input_audio=70, input_image=30, output=50, output_audio=250),
            23_430_000,  # 20 × 2 + 70 × 40 + 30 × 3 + 50 × 10 + 250 × 80
            id="audio and images",
        ),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 80,
                "total_tokens": 180,
                "completion_tokens_details": {"reasoning_tokens": 0, "accepted_prediction_tokens": 30, "rejected_prediction_tokens": 25},
            },
            Usage(input=100, output=80),
            1_000_000,  # rejected predictions are charged like text
            id="predictions",
        ),
        pytest.param(
            {"prompt_tokens": 12, "total_tokens": 15, "completion_tokens": 3, "prompt_tokens_details": None},
            Usage(input=12, output=3),
            54_000,
            id="self-hosted, details null",
        ),
        pytest.param(
            {
                "queue_time": 0.02,
                "prompt_tokens": 36,
                "prompt_time": 0.003,
                "completion_tokens": 2,
                "completion_time": 0.01,
                "total_tokens": 38,
                "total_time": 0.013,
            },
            Usage(input=36, output=2),
            92_000,
            id="with times",
        ),
        pytest.param(
            {
                "prompt_tokens": 1_200,
                "completion_tokens": 90,
                "total_tokens": 1_290,
                "prompt_tokens_details": {"cached_tokens": 1_024},
                "completion_tokens_details": {"reasoning_tokens": 70},
                "prompt_cache_hit_tokens": 1_024,
                "prompt_cache_miss_tokens": 176,
            },
            Usage(input=176, cache_read=1_024, output=20, reasoning=70),
            1_354_400,  # 176 × 2 + 1,024 × 0.1 + 90 × 10
            id="hits and misses",
        ),
        pytest.param(
            {"prompt_tokens": 1_200, "completion_tokens": 0, "prompt_cache_hit_tokens": 1_000, "prompt_cache_miss_tokens": 200},
            Usage(input=200, cache_read=1_000),
            500_000,
            id="hits alone",
        ),
        pytest.param(
            {"prompt_tokens": 500, "completion_tokens": 10, "total_tokens": 510, "cached_tokens": 400},
            Usage(input=100, cache_read=400, output=10),
            340_000,
            id="cached at the top",
        ),
        pytest.param(
            {
                "prompt_tokens": 1_000,
                "completion_tokens": 50,
                "total_tokens": 1_350,
                "prompt_tokens_details": {"cached_tokens": 200},
                "completion_tokens_details": {"reasoning_tokens": 300},
            },
            Usage(input=800, cache_read=200, output=50, reasoning=300),
            5_120_000,  # 800 × 2 + 200 × 0.1 + 350 × 10
            id="reasoning beside the completion",
        ),
        pytest.param(
            {"prompt_tokens": 100, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 130}},
            Usage(input=0, cache_read=130, output=5),
            63_000,
            id="more cached than there is",
        ),
        pytest.param(
            {"prompt_tokens": -4, "completion_tokens": 5.0, "completion_tokens_details": {"reasoning_tokens": "3", "audio_tokens": -1}},
            Usage(output=5),
            50_000,
            id="nonsense",
        ),
    ],
)
def test_golden_usage(told: dict[str, Any], expected: Usage, nano: int) -> None:
    assert read(told) == expected
    assert PRICE.cost_nano(expected) == nano


@pytest.mark.parametrize(
    ("prompt", "nano"),
    [
        (271_999, 543_998_000 + 1_000_000),
        (272_000, 544_000_000 + 1_000_000),
        (272_001, 1_088_004_000 + 1_500_000),
    ],
)
def test_a_long_prompt_costs_more_from_the_first_token_above_the_threshold(prompt: int, nano: int) -> None:
    tiers = (Tier(272_000, Rates(input=4 * MILLION, cache_read=4 * MILLION, output=15 * MILLION)),)
    price = Price(Rates(input=2 * MILLION, cache_read=2 * MILLION, output=10 * MILLION), "by hand", tiers)
    told = {"prompt_tokens": prompt, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 100_000}}
    found = read(told)
    assert found is not None
    assert (found.prompt, price.cost_nano(found)) == (prompt, nano)


@pytest.mark.parametrize("raw", [b"", b"null", b"{}", b"[]", b'"x"', b'{"queue_time":0.1}', b'{"prompt_tokens":null}'])
def test_what_is_no_usage_is_none(raw: bytes) -> None:
    assert usage.read(Raw(raw)) is None


counts = st.integers(0, 1000)


@given(
    st.fixed_dictionaries(
        {"prompt_tokens": counts, "completion_tokens": counts},
        optional={
            "prompt_tokens_details": st.dictionaries(st.sampled_from(["audio_tokens", "image_tokens"]), counts),
            "completion_tokens_details": st.dictionaries(st.sampled_from(["reasoning_tokens", "audio_tokens", "image_tokens"]), counts),
        },
    )
)
def test_no_token_is_counted_twice_or_lost(told: dict[str, Any]) -> None:
    found = read(told)
    assert found is not None
    assert (found.prompt, found.completion) == (told["prompt_tokens"], told["completion_tokens"])
