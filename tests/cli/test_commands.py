"""The command line as a whole."""

from __future__ import annotations

import subprocess
import sys

import pytest

from headgate import __version__, cli
from headgate.cli import failures


def test_help_names_every_command_and_every_exit_status(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    for command in ("serve", "demo", "check", "models", "records", "usage", "explain", "keys", "teams"):
        assert f" {command} " in said
    for status, meaning in failures.DOCUMENTED:
        assert f"{status} {meaning}" in said


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"headgate {__version__}\n"


@pytest.mark.parametrize("arguments", [[], ["keys"], ["teams"]])
def test_a_group_alone_shows_what_it_has(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(arguments) == 2
    said = capsys.readouterr()
    assert "Commands" in said.out
    assert said.err == ""


def test_an_unknown_command_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["fly"]) == 2
    assert capsys.readouterr().err == "headgate: No such command 'fly'.\n"


def test_every_command_takes_json(capsys: pytest.CaptureFixture[str]) -> None:
    commands = ["demo", "check", "models", "records", "usage", "explain", "teams list", "teams create"]
    for command in [*commands, *(f"keys {name}" for name in ("create", "list", "show", "rotate", "revoke"))]:
        assert cli.main([*command.split(), "--help"]) == 0
        assert "--json" in capsys.readouterr().out, command


@pytest.mark.parametrize("module", ["headgate", "headgate.cli"])
def test_it_runs_as_a_module_and_a_reader_may_leave(module: str) -> None:
    process = subprocess.Popen([sys.executable, "-m", module, "--version"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=30) == 0
