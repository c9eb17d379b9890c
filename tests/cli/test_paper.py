"""What commands print on."""

from __future__ import annotations

import pytest

from headgate.cli import paper
from headgate.cli.paper import Column


def test_in_a_pipe_nothing_is_cut_coloured_or_padded(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 300
    paper.table((Column("ID"), Column("STATE"), Column("N", right=True)), [(long, paper.state("revoked"), "1"), ("a", "", "")])
    said = capsys.readouterr().out
    assert long in said
    assert "\033" not in said
    assert not any(line.endswith(" ") for line in said.splitlines())


def test_names_cannot_steer_a_terminal_and_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    paper.table((Column("NAME"),), [("[bold]\033[2Jevil",)])
    assert "[bold]\\x1b[2Jevil" in capsys.readouterr().out


def test_json_keeps_letters_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    paper.as_json({"name": "Zoë"})
    assert capsys.readouterr().out == '{\n  "name": "Zoë"\n}\n'
