"""`headgate keys`, from making to revoking."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from headgate import cli
from headgate.control import access
from tests.support.office import Office, open_office

Run = Callable[..., Any]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


@pytest.fixture
def run(office: Office, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command that must succeed; its JSON."""

    def command(*arguments: str) -> Any:
        assert cli.main([*arguments, "--json", "-c", office.config]) == 0
        return json.loads(capsys.readouterr().out)

    return command


def test_a_new_key_is_shown_once_and_opens_the_door(run: Run, office: Office) -> None:
    office.team("Search")
    made = run("keys", "create", "--name", "app", "--team", "Search", "--models", "smart, fast", "--expires", "30d")
    assert made["key"].startswith(f"hg-{made['id']}-")
    assert made["models"] == ["fast", "smart"]
    assert made["role"] == "caller"
    assert made["id"] in access.load(office.stores).keys
    secret = made["key"].rpartition("-")[2]
    assert secret not in json.dumps(run("keys", "list"))
    assert secret not in json.dumps(run("keys", "show", made["id"]))


def test_rotation_gives_a_new_secret_and_revocation_ends_it(run: Run) -> None:
    made = run("keys", "create", "--name", "app", "--admin")
    rotated = run("keys", "rotate", made["id"], "--grace", "1h")
    assert rotated["key"] != made["key"]
    assert (rotated["state"], rotated["role"]) == ("rotating", "admin")
    assert run("keys", "revoke", made["key"])["state"] == "revoked", "the whole key names it as well"
    assert [row["state"] for row in run("keys", "list")["keys"]] == ["revoked"]


def test_a_model_that_the_configuration_does_not_have_is_warned_of_and_allowed(
    run: Run, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    warning = "The configuration has no model 'fats', so the key cannot call it now. It has: smart."
    assert cli.main(["keys", "create", "--name", "app", "--models", "smart,fats", "-c", office.config]) == 0
    said = capsys.readouterr()
    assert said.err == f"headgate: warning: {warning}\n"
    assert "fats, smart" in said.out and warning not in said.out
    made = run("keys", "create", "--name", "other", "--models", "fats")
    assert (made["models"], made["warnings"]) == (["fats"], [warning])
    assert run("keys", "rotate", made["id"])["warnings"] == [warning]
    for options in (["--models", "smart"], []):
        assert run("keys", "create", "--name", f"good{len(options)}", *options)["warnings"] == []


def test_without_a_configuration_no_model_is_doubted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["keys", "create", "--name", "app", "--models", "anything", "--data-dir", "data", "--json"]) == 0
    said = capsys.readouterr()
    assert (json.loads(said.out)["warnings"], said.err) == ([], "")


def test_people_get_a_table(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["keys", "create", "--name", "my app", "-c", office.config]) == 0
    made = capsys.readouterr().out
    assert "This is the only time the key is shown." in made
    assert cli.main(["keys", "list", "-c", office.config]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["ID", "NAME", "TEAM", "ROLE", "STATE", "MODELS", "CREATED", "EXPIRES"]
    assert "my app" in lines[1]
    assert "active" in lines[1]


def test_an_empty_store_says_what_to_do(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["keys", "list", "-c", office.config]) == 0
    assert "headgate keys create --name my-app" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["create"], 2, "Missing option '--name'."),
        (["create", "--name", " "], 1, "The name is empty."),
        (["create", "--name", "x", "--team", "nope"], 3, "There is no team called 'nope'."),
        (["create", "--name", "x", "--models", ","], 1, "The list of models is empty"),
        (["create", "--name", "x", "--expires", "soon"], 1, "'soon' is not a time."),
        (["create", "--name", "x", "--expires", "2020-01-01"], 1, "The expiry is not in the future"),
        (["show", "nope"], 3, "There is no key with the public id 'nope'."),
        (["rotate", "nope", "--grace", "long"], 1, "'long' is not a length of time."),
        (["revoke", "nope"], 3, "There is no key with the public id 'nope'."),
        (["bogus"], 2, "No such command 'bogus'."),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_a_status(
    arguments: list[str], status: int, sentence: str, office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["-c", office.config] if arguments != ["bogus"] else []
    assert cli.main(["keys", *arguments, *options]) == status
    said = capsys.readouterr()
    assert said.err.startswith(f"headgate: {sentence}")
    assert said.err.count("\n") == 1
    assert said.out == ""
