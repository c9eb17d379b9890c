"""The app as a whole: closed by default, and strict towards browsers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts

from headgate.admin import app
from headgate.config import load
from tests.support.office import Office, open_office, write_config

OPEN = {"/", "/sign-in"}
ROOT = Path(__file__).parent.parent.parent


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


FIRST_REQUESTS = """
import asyncio, sys, threading
from pathlib import Path
from headgate.admin import app
from headgate.clock import SystemClock
from headgate.config import load
from headgate.stores import sqlite

stores = sqlite.build(sqlite.Options(Path(sys.argv[1]) / "headgate.db"))
settings = load.load(Path(sys.argv[1]) / "headgate.yaml", {})
made = []
thread = threading.Thread(target=lambda: made.append(getattr(app, sys.argv[2])(stores, SystemClock(), settings)))
thread.start()
thread.join()

async def ask(path):
    async def receive():
        return {"type": "http.disconnect"}

    async def send(message):
        if message["type"] == "http.response.start":
            print(path, message["status"])

    where = {"scheme": "http", "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "server": ("localhost", 80)}
    await made[0]({"type": "http", "http_version": "1.1", "method": "GET", "headers": [], **where}, receive, send)

async def main():
    before = set(sys.modules)
    for path in ("/", "/keys", "/admin/api/health", "/static/console.css"):
        await ask(path)
    print("imported on the loop:", sorted(name for name in set(sys.modules) - before if not name.startswith("headgate.")))

asyncio.run(main())
"""


def test_the_loop_of_the_data_plane_is_not_held_up_by_imports_when_the_console_is_first_asked(tmp_path: Path) -> None:
    write_config(tmp_path)
    command = [sys.executable, "-c", FIRST_REQUESTS, str(tmp_path)]
    lines = subprocess.run([*command, "load"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.splitlines()
    assert lines == ["/ 200", "/keys 303", "/admin/api/health 401", "/static/console.css 200", "imported on the loop: []"]
    # `build` alone does not do that: else this test would prove nothing.
    assert "anyio._backends._asyncio" in subprocess.run([*command, "build"], capture_output=True, text=True, check=True, cwd=ROOT).stdout
