"""The way in: cookies, forms, bearer keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from headgate.admin import gate
from headgate.admin.session import LIFE_MS
from headgate.control import keys
from tests.support.office import Office, open_office, sign_in, token


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_an_admin_key_becomes_a_cookie_that_no_script_and_no_other_site_can_use(office: Office) -> None:
    browser = office.browser()
    _, whole = office.key("boss", "admin")
    form = browser.get("/")
    answer = browser.post("/sign-in", data={"csrf": token(form.text), "key": whole})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie, "over plain HTTP a browser would not keep it"
    assert whole not in cookie
    assert browser.get("/keys").status_code == 200


def test_over_tls_the_cookie_stays_on_tls(office: Office) -> None:
    browser = office.browser()
    browser.base_url = "https://testserver"
    assert "Secure" in browser.get("/").headers["set-cookie"]


@pytest.mark.parametrize("role", ["caller", "wrong"])
def test_other_keys_are_refused_with_a_reason(office: Office, role: str) -> None:
    browser = office.browser()
    given = office.key("app")[1] if role == "caller" else "hg-nobody-<script>"
    form = browser.get("/")
    answer = browser.post("/sign-in", data={"csrf": token(form.text), "key": given})
    assert answer.status_code == 401
    assert 'role="alert"' in answer.text
    assert given not in answer.text
    assert gate.SESSION_COOKIE not in browser.cookies


@pytest.mark.parametrize("data", [{}, {"csrf": "made-up"}, {"csrf": ""}])
def test_a_sign_in_from_another_site_is_refused(office: Office, data: dict[str, str]) -> None:
    browser = office.browser()
    browser.get("/")
    assert browser.post("/sign-in", data=data | {"key": office.key("boss", "admin")[1]}).status_code == 403
    browser.cookies.clear()
    assert browser.post("/sign-in", data=data | {"key": "hg-x-y"}).status_code == 403


def test_signing_out_needs_the_form_of_the_session_and_ends_it(office: Office) -> None:
    browser = office.signed_in()
    assert browser.post("/sign-out", data={"csrf": "made-up"}).status_code == 403
    assert browser.get("/keys").status_code == 200
    stolen = browser.cookies[gate.SESSION_COOKIE]
    assert browser.post("/sign-out", data={"csrf": token(browser.get("/").text)}).status_code == 303
    assert gate.SESSION_COOKIE not in browser.cookies
    browser.cookies.set(gate.SESSION_COOKIE, stolen)
    assert browser.get("/keys").status_code == 303


def test_an_expired_session_is_asked_to_sign_in(office: Office) -> None:
    browser = office.signed_in()
    office.clock.pass_ms(LIFE_MS)
    assert browser.get("/keys").headers["location"] == "/"
    assert "Admin key" in browser.get("/").text
    assert browser.get("/admin/api/keys").status_code == 401


def test_a_session_ends_with_its_key(office: Office) -> None:
    browser = office.browser()
    row, whole = office.key("boss", "admin")
    assert sign_in(browser, whole) == 303
    keys.revoke(office.stores, office.clock, row.id)
    assert browser.get("/keys").status_code == 303


def test_the_api_takes_a_bearer_or_the_session(office: Office) -> None:
    browser = office.browser()
    _, whole = office.key("boss", "admin")
    assert browser.get("/admin/api/keys", headers={"authorization": f"Bearer {whole}"}).status_code == 200
    assert office.signed_in().get("/admin/api/keys").status_code == 200


def bearer(client: TestClient, value: str) -> int:
    return client.get("/admin/api/keys", headers={"authorization": value}).status_code


def test_a_wrong_bearer_is_not_mended_by_a_good_session(office: Office) -> None:
    browser = office.signed_in()
    caller = office.key("app")[1]
    assert [bearer(browser, value) for value in ("Bearer x", "Basic eDp5", f"Bearer {caller}", "Bearer")] == [401, 401, 403, 401]


def test_a_huge_form_is_refused(office: Office) -> None:
    assert office.browser().post("/sign-in", content=b"x" * (gate.FORM_BYTES + 1)).status_code == 413
