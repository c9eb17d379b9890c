"""Aliases, deployments and what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.config import catalog, load, prices
from headgate.core.ports import Catalog, Deployment

TEXT = """
providers:
  openai: { kind: openai, api_key: k }
  claude: { kind: anthropic, api_key: k }
  groq: { kind: openai, api_key: k, base_url: https://api.groq.com/openai/v1 }
  here: { kind: openai, api_key: none, base_url: http://127.0.0.1:1/v1, allow_private: true }
  free: { kind: openai, api_key: none, base_url: http://127.0.0.1:1/v1, allow_private: true, price_list: none }
  chosen: { kind: openai, api_key: none, base_url: http://127.0.0.1:1/v1, allow_private: true, price_list: mistral }
models:
  - name: smart
    deployments:
      - { provider: claude, model: claude-sonnet-4-5, weight: 3 }
      - { provider: openai, model: gpt-4.1 }
    fallbacks: [many]
  - name: many
    deployments:
      - { provider: openai, model: gpt-4.1 }
      - { provider: openai, model: llama-3.3-70b-versatile }
      - { provider: groq, model: llama-3.3-70b-versatile }
      - { provider: here, model: gpt-4.1 }
      - { provider: here, model: my-own }
      - { provider: free, model: gpt-4.1 }
      - { provider: chosen, model: mistral-large-latest }
      - { provider: claude, model: claude-haiku-4-5 }
prices:
  openai/gpt-4.1: { input_usd_per_mtok: 1, output_usd_per_mtok: 1 }
  smart/gpt-4.1: { input_usd_per_mtok: 7, output_usd_per_mtok: 7 }
  here/my-own: { input_usd_per_mtok: 0, output_usd_per_mtok: 0 }
"""


@pytest.fixture
def built(tmp_path: Path) -> Catalog:
    file = tmp_path / "headgate.yaml"
    file.write_text(TEXT)
    return catalog.build(load.load(file, {}), prices.load())


def input_rate(deployment: Deployment) -> int | None:
    return None if deployment.price is None else deployment.price.rates.input


def test_an_alias_has_its_deployments_in_order(built: Catalog) -> None:
    smart = built.models["smart"]
    assert [(each.name, each.model, each.weight, each.provider.name) for each in smart.deployments] == [
        ("claude/claude-sonnet-4-5", "claude-sonnet-4-5", 3, "claude"),
        ("openai/gpt-4.1", "gpt-4.1", 1, "openai"),
    ]
    assert smart.fallbacks == ("many",)


def test_a_provider_is_one_value_wherever_it_is_used(built: Catalog) -> None:
    first, second = built.models["smart"].deployments[1], built.models["many"].deployments[0]
    assert first.provider is second.provider


def test_prices_come_from_the_list_that_fits_the_provider(built: Catalog) -> None:
    listed = {each.name: input_rate(each) for each in built.models["many"].deployments}
    table = prices.load()
    groq, mistral = table.find("groq", "llama-3.3-70b-versatile"), table.find("mistral", "mistral-large-latest")
    assert groq is not None and mistral is not None
    assert listed == {
        "openai/gpt-4.1": 1_000_000,  # one's own
        "openai/llama-3.3-70b-versatile": None,  # the vendor does not sell it
        "groq/llama-3.3-70b-versatile": groq.rates.input,  # by the host of its base_url
        "here/gpt-4.1": 2_000_000,  # an unknown host: by its kind
        "here/my-own": 0,  # said to be free
        "free/gpt-4.1": None,  # no list
        "chosen/mistral-large-latest": mistral.rates.input,  # the list it names
        "claude/claude-haiku-4-5": 1_000_000,
    }


def test_a_price_for_an_alias_goes_before_one_for_the_provider(built: Catalog) -> None:
    assert input_rate(built.models["smart"].deployments[1]) == 7_000_000


def test_every_built_in_model_has_a_price(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load.load(None, {"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"})
    built = catalog.build(settings, prices.load())
    assert len(built.models) == len(settings.models) > 0
    assert [name for name, model in built.models.items() if input_rate(model.deployments[0]) is None] == []
