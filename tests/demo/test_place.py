"""Where the demo lives."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from headgate.config import load
from headgate.core.errors import ConfigError
from headgate.demo import place


def test_its_configuration_is_valid(tmp_path: Path) -> None:
    settings = load.load(place.write_config(tmp_path, 4321, "http://127.0.0.1:9"), {})
    assert settings.server.port == 4321
    assert settings.data_dir == tmp_path / "data"
    assert [model.name for model in settings.models] == ["smart", "fast", "claude", "embeddings"]


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert place.free_port(port) != port
    assert place.free_port(port) == port


def test_one_demo_at_a_time_in_a_folder(tmp_path: Path) -> None:
    with place.held(tmp_path / "demo"), pytest.raises(ConfigError, match="Another demo runs"), place.held(tmp_path / "demo"):
        pass
    with place.held(tmp_path / "demo"):
        assert (tmp_path / "demo").is_dir()


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="Choose another with --dir"), place.held(tmp_path / "file"):
        pass


def test_what_is_written_to_stderr_is_in_the_file_and_only_inside_the_block(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with place.logged(tmp_path / "log.txt"):
        os.write(2, b"inside\n")
    sys.stderr.write("after\n")
    assert (tmp_path / "log.txt").read_text() == "inside\n"
    assert capfd.readouterr().err == "after\n"
