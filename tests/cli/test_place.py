"""Where a command works."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.cli import place
from headgate.cli.failures import NothingThere
from headgate.control import teams
from tests.support.office import write_config


def test_the_option_wins_over_the_configuration(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    assert place.data_dir(config, None) == tmp_path / "data"
    assert place.data_dir(config, tmp_path / "other") == tmp_path / "other"


def test_reading_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(NothingThere, match="headgate serve"), place.opened(None, tmp_path / "nowhere"):
        pass
    assert not (tmp_path / "nowhere").exists()


def test_making_something_makes_the_store(tmp_path: Path) -> None:
    with place.opened(None, tmp_path / "new", make=True) as stores:
        assert [team.name for team in teams.every(stores)] == ["default"]
