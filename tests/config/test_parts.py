"""From a document to settings."""

from __future__ import annotations

from pathlib import Path

from headgate import registry
from headgate.config import document, parts

TEXT = """
server: { port: ${PORT} }
providers:
  a: { kind: openai, api_key: "${PORT}", stream_usage: ${FLAG} }
  b: { kind: anthropic, api_key: k, ca_file: ca.pem }
models:
  - { name: m, deployments: [{ provider: a, model: x, weight: ${WEIGHT} }, { provider: b, model: y }] }
"""


def test_what_variables_hold_is_a_number_or_a_switch_only_where_one_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    found = document.read(TEXT.encode(), {"PORT": "4002", "FLAG": "false", "WEIGHT": "7"})
    settings = parts.Reading(found, registry.providers(), tmp_path).settings()
    assert found.problems == []
    assert settings.server.port == 4002
    assert settings.models[0].deployments[0].weight == 7
    assert settings.providers["a"].options.api_key.get_secret_value() == "4002"
    assert settings.providers["a"].build().stream_usage == {}
    assert settings.providers["b"].build().origin.ca_file == str(tmp_path / "ca.pem")


def test_a_provider_carries_its_name_in_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    found = document.read(TEXT.encode(), {"PORT": "1", "FLAG": "true", "WEIGHT": "1"})
    settings = parts.Reading(found, registry.providers(), tmp_path).settings()
    assert {name: (provider.build().name, provider.build().kind) for name, provider in settings.providers.items()} == {
        "a": ("a", "openai"),
        "b": ("b", "anthropic"),
    }


def test_a_part_that_is_wrong_does_not_hide_what_is_wrong_elsewhere(tmp_path: Path) -> None:
    text = TEXT.replace("kind: anthropic", "kind: other").replace("model: x", "model: 5") + "prices: { m/x: 1 }\n"
    found = document.read(text.encode(), {"PORT": "x", "FLAG": "true", "WEIGHT": "1"})
    parts.Reading(found, registry.providers(), tmp_path).settings()
    assert {problem.where for problem in found.problems} == {
        ("server", "port"),
        ("providers", "b", "kind"),
        ("models", 0, "deployments", 0, "model"),
        ("prices", "m/x"),
    }
