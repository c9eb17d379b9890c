"""What is in effect and where it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.config import load, origins

TEXT = """
server: { port: ${PORT:-4000} }
providers:
  one: { kind: openai, api_key: ${OPENAI_API_KEY}, proxy: "http://user:canary@proxy.example:3128" }
  two: { kind: anthropic, api_key: canary, headers: { x-token: canary, x-part: "canary${OPENAI_API_KEY}" } }
  three: { kind: openai, api_key: "${UNSET:-canary}" }
models:
  - { name: m, deployments: [{ provider: one, model: gpt-4.1 }] }
"""


def effective(tmp_path: Path) -> dict[str, origins.Setting]:
    file = tmp_path / "headgate.yaml"
    file.write_text(TEXT)
    return {setting.name: setting for setting in origins.effective(load.load(file, {"OPENAI_API_KEY": "canary"}))}


def test_every_setting_says_where_it_came_from(tmp_path: Path) -> None:
    found = effective(tmp_path)
    shown = {
        name: (found[name].value, found[name].origin.replace(f"{tmp_path}/", ""))
        for name in ("server.host", "server.port", "providers.one.api_key", "providers.one.kind", "models[0].deployments[0].weight")
    }
    assert shown == {
        "server.host": ("127.0.0.1", "default"),
        "server.port": ("${PORT:-4000}", "headgate.yaml:2, environment"),
        "providers.one.api_key": ("${OPENAI_API_KEY}", "headgate.yaml:4, environment"),
        "providers.one.kind": ("openai", "headgate.yaml:4"),
        "models[0].deployments[0].weight": ("1", "default"),
    }


def test_no_secret_is_shown_however_it_was_written(tmp_path: Path) -> None:
    found = effective(tmp_path)
    assert not [setting for setting in found.values() if "canary" in setting.value]
    assert found["providers.one.proxy"].value == "http://***@proxy.example:3128"
    assert found["providers.two.api_key"].value == "***"
    assert found["providers.two.headers.x-part"].value == "***"
    assert found["providers.three.api_key"].value == "***"


def test_without_a_file_what_came_from_the_environment_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = {setting.name: setting for setting in origins.effective(load.load(None, {"OPENAI_API_KEY": "canary"}))}
    assert (found["providers.openai.api_key"].value, found["providers.openai.api_key"].origin) == ("${OPENAI_API_KEY}", "environment")
    assert found["models[0].name"].origin == "default"
