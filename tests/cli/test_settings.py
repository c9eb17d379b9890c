"""`headgate check` and `headgate models`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate import cli
from tests.support.office import write_config


def test_check_shows_every_setting_with_its_place_and_no_secret(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_config(tmp_path)
    assert cli.main(["check", "-c", str(file)]) == 0
    said = capsys.readouterr().out
    assert "server.port" in said
    assert f"{file}:5" in said
    assert "canary" not in said
    assert cli.main(["check", "-c", str(file), "--json"]) == 0
    settings = {each["name"]: each for each in json.loads(capsys.readouterr().out)["settings"]}
    assert settings["server.port"] == {"name": "server.port", "value": "4000", "origin": "default"}


def test_check_of_a_wrong_file_names_every_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write_config(tmp_path, "server: { prot: 1 }\nproviders: {}\nmodels: []\n")
    assert cli.main(["check", "-c", str(file)]) == 1
    said = capsys.readouterr().err
    assert "mistakes" in said
    assert f"\n{file}:1: server.prot: unknown setting; did you mean port?\n" in said


def test_check_of_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "-c", str(tmp_path / "none.yaml")]) == 1
    assert "cannot be read" in capsys.readouterr().err


def test_models_are_listed_with_what_they_cost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(write_config(tmp_path))
    assert cli.main(["models", "-c", file]) == 0
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split()[:5] == ["smart", "acme/gpt-4.1", "1", "$2.00", "$8.00"]
    assert cli.main(["models", "-c", file, "--json"]) == 0
    deployment = json.loads(capsys.readouterr().out)["models"][0]["deployments"][0]
    assert deployment["price"]["usd_per_million"]["output"] == "8"


def test_a_model_without_a_price_is_unknown_not_free(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = write_config(tmp_path).read_text().replace("gpt-4.1", "our-own")
    assert cli.main(["models", "-c", str(write_config(tmp_path, text))]) == 0
    assert "unknown" in capsys.readouterr().out
