"""`headgate teams`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headgate import cli


def test_a_team_is_made_once_and_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--data-dir", str(tmp_path)]
    assert cli.main(["teams", "create", "Search", "--json", *where]) == 0
    made = json.loads(capsys.readouterr().out)
    assert cli.main(["teams", "create", "Search", *where]) == 1
    assert "is in use by another team" in capsys.readouterr().err
    assert cli.main(["teams", "list", "--json", *where]) == 0
    assert [team["name"] for team in json.loads(capsys.readouterr().out)["teams"]] == ["default", "Search"]
    assert cli.main(["teams", "list", *where]) == 0
    assert made["id"] in capsys.readouterr().out
