"""What must fit together."""

from __future__ import annotations

from headgate.config import rules
from headgate.config.document import Document
from headgate.config.schema import DeploymentSettings, ModelSettings, Where


def models(**fallbacks: tuple[str, ...]) -> dict[Where, ModelSettings]:
    return {
        ("models", index): ModelSettings(name=name, deployments=(DeploymentSettings(provider="p", model="x"),), fallbacks=names)
        for index, (name, names) in enumerate(fallbacks.items())
    }


def complaints(given: dict[Where, ModelSettings]) -> list[tuple[Where, str]]:
    found = Document()
    rules.check(found, given, {"p"}, [model.name for model in given.values()])
    return [(problem.where, problem.sentence) for problem in found.problems]


def test_fallbacks_may_meet_again_but_not_go_round() -> None:
    assert complaints(models(a=("b", "c"), b=("d",), c=("d",), d=())) == []


def test_a_circle_is_reported_once_by_its_shortest_way() -> None:
    assert complaints(models(x=("a",), a=("b", "c"), b=("c",), c=("a",))) == [
        (("models", 1, "fallbacks"), "the fallbacks go round in a circle: a → c → a"),
        (("models", 2, "fallbacks"), "the fallbacks go round in a circle: b → c → a → b"),
    ]


def test_a_price_may_be_for_the_alias_or_for_the_provider() -> None:
    found = Document()
    rules.prices(found, models(a=()), ["a/x", "p/x", "p/y"])
    assert [problem.where for problem in found.problems] == [("prices", "p/y")]
