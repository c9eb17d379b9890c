"""Errors: a page for people, problem+json for programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from headgate.core.stores import StoreUnavailable
from tests.support.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_people_get_a_page(office: Office) -> None:
    answer = office.browser().get("/nothing-here")
    assert answer.status_code == 404
    assert "There is nothing here." in answer.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/admin/api/records/nope", 404, "record_unknown"),
        ("/admin/api/records?limit=0", 400, "limit_invalid"),
        ("/admin/api/records?limit=many", 400, "invalid_value"),
        ("/admin/api/records?outcome=nice", 400, "invalid_value"),
        ("/admin/api/records?key=nobody", 404, "key_unknown"),
        ("/admin/api/usage", 400, "invalid_value"),
        ("/admin/api/usage?by=moon", 400, "invalid_value"),
        ("/admin/api/usage?by=day&since=soon", 400, "moment_unreadable"),
        ("/admin/api/nope", 404, "not_found"),
    ],
)
def test_programs_get_a_problem(office: Office, path: str, status: int, code: str) -> None:
    answer = office.signed_in().get(path)
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["detail"]


def test_a_wrong_method_is_named(office: Office) -> None:
    answer = office.signed_in().delete("/admin/api/keys")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_a_store_that_is_away_is_503_and_a_fault_500(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = office.signed_in()

    def away() -> object:
        raise StoreUnavailable("The store is locked.")

    def broken() -> object:
        raise LookupError("a canary")

    monkeypatch.setattr(office.stores.teams, "rows", away)
    answer = browser.get("/admin/api/teams")
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    monkeypatch.setattr(office.stores.teams, "rows", broken)
    answer = browser.get("/admin/api/teams")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert "canary" not in answer.text
