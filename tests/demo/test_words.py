"""What the demo prints."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from headgate.demo import words
from headgate.demo.words import Facts

FACTS = Facts("http://127.0.0.1:4000", "hg-a-b", "hg-c-d", Path("demo-data/headgate.yaml"), ("Port 1 is taken.",), 240, "req_1")


def test_the_page_has_three_calls_the_console_and_what_to_look_at() -> None:
    page = words.as_text(FACTS, seen=False)
    assert page.count("  curl ") == 3
    for shown in ("http://127.0.0.1:4000/", "hg-c-d", "usage --by team -c demo-data/headgate.yaml", "explain req_1 -c", "Port 1 is taken."):
        assert shown in page
    assert "\033" not in page
    assert "\033" in words.as_text(FACTS, seen=True)


def test_each_call_is_one_line_that_a_shell_reads_as_meant() -> None:
    for line in words.curls(FACTS):
        parts = shlex.split(line)
        assert parts[0] == "curl"
        if "-d" in parts:
            assert json.loads(parts[parts.index("-d") + 1])["model"] in ("smart", "claude")


def test_the_same_as_json() -> None:
    assert json.loads(words.as_json(FACTS))["console"] == "http://127.0.0.1:4000/"


def test_a_path_outside_is_shown_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert words.shown(tmp_path / "x") == "x"
    assert words.shown(Path("/elsewhere/x")) == "/elsewhere/x"
    assert words.headgate()
