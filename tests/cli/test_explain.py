"""`headgate explain`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from headgate import cli
from headgate.cli import explain
from headgate.control.timeline import Span
from tests.support.office import Office, open_office, priced


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = open_office(tmp_path)
    row, _ = office.key("app")
    office.records(priced("r1", key_id=row.id))
    return office


def explained(office: Office, capsys: pytest.CaptureFixture[str], id: str = "r1") -> str:
    assert cli.main(["explain", id, "-c", office.config]) == 0
    return capsys.readouterr().out


def test_it_tells_who_where_why_how_long_and_how_much(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    said = explained(office, capsys)
    assert said.startswith("r1  ok  200\n")
    assert "app (" in said
    assert "of team default" in said
    assert "smart by chat, streamed" in said
    assert "acme/m0 failed after 0.39 ms: 503 · upstream_overloaded." in said
    assert "Cost  $0.000409  as the provider counted" in said
    assert "× $0.50 per M" in said
    assert "prices of genai-prices 0.2.3" in said


def test_the_same_as_json(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "r1", "--json", "-c", office.config]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["id"], said["cost_usd"], len(said["attempts"]), said["cost_lines"][0]["cost_nano"]) == ("r1", "0.000409", 2, 200_000)


def test_an_older_price_is_named_and_no_line_is_made_up(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.records(replace(priced("r2"), price_version="genai-prices 0.0.1"))
    said = explained(office, capsys, "r2")
    assert "Charged by the prices of genai-prices 0.0.1, which are not the ones in use now." in said
    assert "per M" not in said


def test_an_unknown_price_is_not_free(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    office.records(replace(priced("r2"), cost_nano=None, price_version=None))
    assert "Cost  unknown: no price is known for it" in explained(office, capsys, "r2")


def test_without_a_configuration_the_record_is_explained_all_the_same(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "r1", "-c", str(office.folder / "gone.yaml"), "--data-dir", str(office.folder / "data")]) == 0
    assert "Cost  $0.000409" in capsys.readouterr().out


def test_a_request_that_is_not_there_has_its_own_status(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain", "nope", "-c", office.config]) == 3
    assert capsys.readouterr().err.startswith("headgate: There is no record of a request 'nope'.")


def test_bars_stand_where_their_time_is() -> None:
    assert explain.drawn(Span("attempt", "provider", 250, 750), 1000).plain[21:61] == " " * 10 + "━" * 20 + " " * 10
    assert explain.drawn(Span("gateway", "settlement", 1000, 1000), 1000).plain[21:61] == " " * 39 + "╸"
