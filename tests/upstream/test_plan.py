"""Where a request may go: what a key may see, who speaks the format, and shares in proportion to weights."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.core.errors import ModelNotFound, NotServedHere
from headgate.core.ports import Catalog, Deadlines, Deployment, Model
from headgate.upstream import plan
from tests.support.inside import PRICE, anthropic, openai

ONE, OTHER = openai(1, Deadlines()), anthropic(1, Deadlines())


def deployment(name: str, weight: int = 1, provider: object = ONE) -> Deployment:
    return Deployment(f"{getattr(provider, 'name', '')}/{name}", ONE if provider is ONE else OTHER, name, weight, PRICE)


def catalog(**models: tuple[list[Deployment], tuple[str, ...]]) -> Catalog:
    return Catalog({name: Model(name, tuple(deployments), fallbacks) for name, (deployments, fallbacks) in models.items()})


SMALL = catalog(a=([deployment("a1")], ()), b=([deployment("b1", provider=OTHER)], ()))


def test_a_model_is_found_by_its_alias_if_the_key_may_use_it() -> None:
    assert plan.find(SMALL, "a", None).name == plan.find(SMALL, "a", frozenset({"a"})).name == "a"
    for alias, allowed in (("x", None), ("b", frozenset({"a"})), ("A", None), ("", None)):
        with pytest.raises(ModelNotFound) as refusal:
            plan.find(SMALL, alias, allowed)
        assert refusal.value.param == "model"
        assert "It may use: a." in refusal.value.message if allowed else "It may use: a, b." in refusal.value.message


def test_a_refusal_stays_short_whatever_was_asked_for_and_however_many_models_there_are() -> None:
    many = catalog(**{f"m{number}": ([deployment("x")], ()) for number in range(100)})
    with pytest.raises(ModelNotFound) as refusal:
        plan.find(many, "x" * 100_000, None)
    assert len(refusal.value.message) < 600 and refusal.value.message.endswith("m19 and 80 more.")
    with pytest.raises(ModelNotFound, match="no model at all"):
        plan.find(many, "m1", frozenset({"gone"}))


def test_names_keep_the_order_of_the_configuration() -> None:
    assert plan.names(SMALL, None) == ["a", "b"]
    assert plan.names(SMALL, frozenset({"b", "zzz"})) == ["b"]


def test_only_those_that_speak_the_format_are_candidates() -> None:
    mixed = catalog(m=([deployment("one"), deployment("other", provider=OTHER)], ()))
    model = mixed.models["m"]
    assert [found.model for found in plan.candidates(mixed, model, "openai_chat", random.random)] == ["one"]
    assert [found.model for found in plan.candidates(mixed, model, "anthropic_messages", random.random)] == ["other"]
    with pytest.raises(NotServedHere, match=r"its providers speak: anthropic_count_tokens, .*openai_embeddings"):
        plan.candidates(mixed, model, "gemini", random.random)
    single = SMALL.models["a"]
    with pytest.raises(NotServedHere):
        plan.candidates(SMALL, single, "anthropic_messages", random.random)


def test_fallbacks_come_after_all_of_the_models_own_and_each_deployment_once() -> None:
    shared = deployment("shared")
    models = catalog(
        m=([deployment("m1"), deployment("m2"), shared], ("f", "g")),
        f=([shared, deployment("f1")], ("m",)),
        g=([deployment("g1", provider=OTHER), deployment("g2")], ()),
    )
    for seed in range(20):
        order = [found.model for found in plan.candidates(models, models.models["m"], "openai_chat", random.Random(seed).random)]
        assert set(order[:3]) == {"m1", "m2", "shared"} and order[3:] == ["f1", "g2"]


def test_of_two_prices_for_one_deployment_the_first_alias_decides() -> None:
    dear = replace(deployment("same"), price=None)
    models = catalog(m=([deployment("same")], ("f",)), f=([dear], ()))
    [found] = plan.candidates(models, models.models["m"], "openai_chat", random.random)
    assert found.price is PRICE


@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_shuffling_keeps_everybody_and_invents_nobody(weights: list[int], dice: random.Random) -> None:
    all_of_them = [deployment(str(number), weight) for number, weight in enumerate(weights)]
    order = plan.shuffled(all_of_them, dice.random)
    assert sorted(one.name for one in order) == sorted(one.name for one in all_of_them)


@given(st.lists(st.integers(1, 1_000), min_size=1, max_size=8), st.sampled_from([0.0, 1 - 2**-53]))
def test_the_ends_of_the_dice_are_the_first_and_the_last(weights: list[int], thrown: float) -> None:
    all_of_them = [deployment(str(number), weight) for number, weight in enumerate(weights)]
    order = plan.shuffled(all_of_them, lambda: thrown)
    assert order == (all_of_them if thrown == 0.0 else all_of_them[::-1])


def test_the_first_place_is_drawn_in_proportion_to_the_weights() -> None:
    weights = {"a": 6, "b": 3, "c": 1}
    all_of_them = [deployment(name, weight) for name, weight in weights.items()]
    dice, draws = random.Random(7), 20_000
    orders = [plan.shuffled(all_of_them, dice.random) for _ in range(draws)]
    first = Counter(order[0].model for order in orders)
    for name, weight in weights.items():
        assert abs(first[name] / draws - weight / 10) < 0.015
    second_after_a = Counter(order[1].model for order in orders if order[0].model == "a")
    assert abs(second_after_a["b"] / first["a"] - 0.75) < 0.02
