"""The app as a whole: closed by default, and strict towards browsers."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from headgate.admin import app
from headgate.config import load
from tests.support.office import Office, open_office

OPEN = {"/", "/sign-in"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def routes(office: Office) -> list[tuple[str, str]]:
    """Method and path of every route, as the app has them."""
    built = app.build(office.stores, office.clock, load.load(office.folder / "headgate.yaml", {}))
    found = [(route.methods or set[str](), route.path or "") for route in iter_route_contexts(built.routes)]
    return [(method, path.replace("{id}", "r1")) for methods, path in found for method in sorted(methods)]


def test_every_route_but_the_sign_in_is_closed(office: Office) -> None:
    browser = office.browser()
    tried = [(method, path) for method, path in routes(office) if path not in OPEN]
    assert len(tried) >= 12
    for method, path in tried:
        answer = browser.request(method, path)
        if path.startswith("/admin/api"):
            assert answer.status_code == 401, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"].startswith("Bearer")
        else:
            assert (answer.status_code, answer.headers["location"]) == (303, "/"), path


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json", "/admin", "/static/../app.py", "/static/%2e%2e/app.py", "/keys/"])
def test_nothing_else_is_there(office: Office, path: str) -> None:
    assert office.browser().get(path).status_code in {303, 307, 404}
    answer = office.browser().get(path)
    assert "virtual key" not in answer.text
    assert "def build" not in answer.text


def test_no_script_may_run_and_no_page_is_kept(office: Office) -> None:
    browser = office.signed_in()
    for path in ("/", "/keys", "/models", "/nothing"):
        answer = browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src" not in policy
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        for forbidden in ("<script", "style=", "onclick", "http-equiv", "javascript:"):
            assert forbidden not in answer.text


def test_pages_load_nothing_from_elsewhere(office: Office) -> None:
    browser = office.signed_in()
    for path in ("/", "/keys", "/static/console.css"):
        text = browser.get(path).text.replace("http://testserver", "").replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text


def test_the_style_sheet_is_served(office: Office) -> None:
    answer = office.browser().get("/static/console.css")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/css")
