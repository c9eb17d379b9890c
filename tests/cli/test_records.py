"""`headgate records` and `headgate usage`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from headgate import cli
from headgate.clock import SystemClock
from tests.support.office import Office, open_office, priced

HOUR_US = 3_600_000_000


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Three records: two of the key `app` of team Search, one hour and two days old, and a refusal of nobody."""
    office = open_office(tmp_path, SystemClock().now_us())
    team = office.team("Search")
    row, _ = office.key("app", team="Search")
    now_us = office.clock.us
    office.records(
        priced("r1", now_us - 48 * HOUR_US, row.id, team),
        priced("r2", now_us - HOUR_US, row.id, team),
        replace(priced("r3", now_us), outcome="refused", key_id=None, team_id=None, alias=None, deployment=None, attempts=(), cost_nano=0),
    )
    return office


def ids(office: Office, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert cli.main(["records", "--json", "-c", office.config, *arguments]) == 0
    return [record["id"] for record in json.loads(capsys.readouterr().out)["records"]]


def test_records_are_selected_by_who_what_and_when(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert ids(office, capsys) == ["r3", "r2", "r1"]
    assert ids(office, capsys, "--key", "app") == ["r2", "r1"]
    assert ids(office, capsys, "--team", "Search", "--since", "24h") == ["r2"]
    assert ids(office, capsys, "--model", "smart", "--outcome", "ok") == ["r2", "r1"]
    assert ids(office, capsys, "--outcome", "refused") == ["r3"]
    assert ids(office, capsys, "--model", "none") == []


def test_pages_follow_each_other(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["records", "--limit", "2", "-c", office.config]) == 0
    said = capsys.readouterr().out
    place = said.splitlines()[-1].rpartition("--before ")[2]
    assert ids(office, capsys, "--before", place) == ["r1"]


def test_people_see_names_and_money(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["records", "-c", office.config]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "app" in lines[2]
    assert "$0.000409" in lines[2]
    assert "2.0 ms" in lines[2]


def test_usage_is_summed_by_team_with_a_total(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["usage", "--by", "team", "-c", office.config]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["Search", "2", "0", "300", "100", "46", "$0.000818", "100.0", "%"]
    assert lines[-1][:3] == ["total", "3", "1"]


def test_usage_of_a_time_and_as_json_is_exact(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["usage", "--by", "key", "--since", "24h", "--json", "-c", office.config]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["cost_nano"], said["cost_usd"]) == (409_000, "0.000409")
    assert cli.main(["usage", "--by", "day", "--until", "30d", "-c", office.config]) == 0
    assert "No request was recorded in that time." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["usage"], 2),
        (["usage", "--by", "moon"], 2),
        (["usage", "--by", "key", "--since", "1h", "--until", "2h"], 1),
        (["records", "--limit", "0"], 1),
        (["records", "--before", "x"], 1),
        (["records", "--key", "nobody"], 3),
        (["records", "--outcome", "nice"], 2),
    ],
)
def test_what_makes_no_sense_is_one_sentence(arguments: list[str], status: int, office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([*arguments, "-c", office.config]) == status
    assert capsys.readouterr().err.count("\n") == 1
