"""The one JSON shape of everything."""

from __future__ import annotations

import json

from headgate.control import views
from headgate.core.money import Price, Rates
from headgate.core.stores import KeyRow, UsageRow
from headgate.core.usage import Usage
from tests.support.ledger import settled


def test_a_key_shows_its_state_and_nothing_secret() -> None:
    row = KeyRow("abc", "app", "default", 1_000, models=frozenset({"b", "a"}), expires_at_ms=2_000)
    assert views.key(row, 1_500)["state"] == "active"
    assert views.key(row, 2_000)["state"] == "expired"
    shown = views.key(KeyRow("abc", "app", "default", 1_000, models=frozenset({"b", "a"}), previous_until_ms=9_000), 1_500)
    assert (shown["state"], shown["models"], shown["previous_secret_until"]) == ("rotating", ["a", "b"], "1970-01-01T00:00:09.000Z")
    assert views.state(KeyRow("abc", "app", "default", 1_000, revoked_at_ms=1), 1_500) == "revoked"
    assert not any("digest" in name for name in shown)


def test_a_record_shows_every_fact_and_is_json() -> None:
    shown = json.loads(json.dumps(views.record(settled("r1"))))
    assert shown["id"] == "r1"
    assert shown["cost_usd"] == "0.000001234"
    assert shown["usage"] == {"input": 100, "cache_read": 50, "output": 20, "reasoning": 3}
    assert [attempt["error"] for attempt in shown["attempts"]] == ["upstream_overloaded", None]


def test_an_unknown_cost_is_not_zero() -> None:
    assert views.record(settled("r1", None))["cost_usd"] is None


def test_an_explained_record_has_its_story_its_times_and_its_cost() -> None:
    price = Price(Rates(input=1_000_000), "another edition")
    shown = views.explained(settled("r1"), price)
    assert shown["story"][0].startswith("acme/m0 failed")
    assert shown["timeline"][1]["failed"] is True
    assert shown["cost_lines"][0] == {"class": "input", "units": 100, "nano_per_1000": None, "cost_nano": None}


def test_usage_is_exact_money_in_words() -> None:
    row = UsageRow("default", "Default", 3, 1, Usage(input=10, cache_read=5, output=2), 1_500_000, 1)
    shown = views.usage(row)
    assert (shown["prompt_tokens"], shown["completion_tokens"], shown["cost_usd"], shown["unpriced_requests"]) == (15, 2, "0.0015", 1)
