"""The pages that people see."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from headgate.core.record import Outcome
from tests.support.office import Office, open_office, priced

EVIL = "<script>alert('x')</script>"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_an_empty_gateway_says_what_to_do_next(office: Office) -> None:
    page = office.signed_in().get("/").text
    assert "No requests yet" in page
    assert "headgate keys create --name my-app" in page
    assert "http://testserver/v1/models" in page


def test_the_overview_shows_money_teams_models_and_the_latest(office: Office) -> None:
    team = office.team("Search")
    row, _ = office.key("app", team="Search")
    office.records(priced("r1", office.clock.us - 5_000_000, row.id, team))
    page = office.signed_in().get("/?period=7d").text
    for shown in ("$0.000409", "Search", "smart", "app", "5 s ago", 'href="/requests/r1"', "173"):
        assert shown in page
    assert office.signed_in().get("/?period=for-ever").status_code == 200


def test_a_request_has_its_page(office: Office) -> None:
    office.records(priced("r1"))
    page = office.signed_in().get("/requests/r1").text
    for shown in ("acme/m0 failed after 0.39 ms", "to first byte", "upstream_overloaded", "$0.000409", "genai-prices 0.2.3"):
        assert shown in page


@pytest.mark.parametrize("outcome", ["ok", "refused", "error", "truncated", "client_gone", "interrupted"])
@pytest.mark.parametrize("bare", [True, False])
def test_every_kind_of_request_can_be_looked_at(office: Office, outcome: Outcome, bare: bool) -> None:
    record = replace(priced("r1"), outcome=outcome)
    if bare:
        nothing = {"key_id": None, "team_id": None, "alias": None, "deployment": None, "attempts": (), "cost_nano": None, "error": "x"}
        record = replace(record, **nothing, usage_source="none", price_version=None, total_us=0, upstream_first_byte_us=None)
    office.records(record)
    browser = office.signed_in()
    assert browser.get("/requests/r1").status_code == 200
    assert browser.get("/").status_code == 200


def test_a_request_that_is_not_there(office: Office) -> None:
    answer = office.signed_in().get("/requests/nope")
    assert answer.status_code == 404
    assert "There is no record of a request" in answer.text


def test_keys_and_models_are_listed(office: Office) -> None:
    office.key("app", expires_at_ms=office.clock.ms + 86_400_000)
    browser = office.signed_in()
    keys = browser.get("/keys").text
    assert "app" in keys
    assert "in 1 day" in keys
    models = browser.get("/models").text
    assert "acme/gpt-4.1" in models
    assert "$2.00" in models


def test_names_that_are_markup_are_shown_as_text(office: Office) -> None:
    team = office.team(EVIL)
    row, _ = office.key(EVIL, team=EVIL)
    evil = replace(priced(f"r/{EVIL}", key_id=row.id, team_id=team), alias=EVIL, model=EVIL, deployment=EVIL, error=EVIL)
    office.records(evil)
    browser = office.signed_in()
    for path in ("/", "/keys", "/requests/nope%3Cscript%3E"):
        page = browser.get(path).text
        assert "<script" not in page
        assert "&lt;script&gt;" in page
