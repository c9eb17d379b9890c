"""The admin API gives what the command line gives."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from headgate import cli
from tests.support.office import Office, open_office, priced


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = open_office(tmp_path)
    row, _ = office.key("app")
    office.records(priced("r1", key_id=row.id), priced("r2", office.clock.us - 7_200_000_000, key_id=row.id))
    return office


@pytest.fixture
def client(office: Office) -> TestClient:
    client = office.browser()
    client.headers["authorization"] = f"Bearer {office.key('boss', 'admin')[1]}"
    return client


def test_health_says_that_the_store_answers(client: TestClient) -> None:
    assert client.get("/admin/api/health").json()["status"] == "ok"


def test_records_are_selected_and_paged(client: TestClient) -> None:
    first = client.get("/admin/api/records", params={"limit": 1, "key": "app", "model": "smart", "outcome": "ok"}).json()
    assert [record["id"] for record in first["records"]] == ["r1"]
    rest = client.get("/admin/api/records", params={"before": first["next"]}).json()
    assert ([record["id"] for record in rest["records"]], rest["next"]) == (["r2"], None)
    recent = client.get("/admin/api/records", params={"since": "1h"}).json()
    assert [record["id"] for record in recent["records"]] == ["r1"]


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("/admin/api/records/r1", ["explain", "r1"]),
        ("/admin/api/records?limit=20", ["records"]),
        ("/admin/api/usage?by=key", ["usage", "--by", "key"]),
        ("/admin/api/models", ["models"]),
        ("/admin/api/teams", ["teams", "list"]),
        ("/admin/api/keys", ["keys", "list"]),
    ],
)
def test_it_is_what_the_command_line_says(
    office: Office, client: TestClient, path: str, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*command, "--json", "-c", office.config]) == 0
    assert client.get(path).json() == json.loads(capsys.readouterr().out)


def test_it_describes_itself_to_who_may_use_it(client: TestClient) -> None:
    described = client.get("/admin/api/openapi.json").json()
    assert "/admin/api/records/{id}" in described["paths"]
    assert "/sign-in" not in described["paths"]
    del client.headers["authorization"]
    assert client.get("/admin/api/openapi.json").status_code == 401


def test_no_secret_is_in_any_answer(office: Office, client: TestClient) -> None:
    for path in ("keys", "models", "records", "records/r1", "usage?by=key", "health", "openapi.json"):
        text = client.get(f"/admin/api/{path}").text
        assert "canary" not in text
        assert client.headers["authorization"].rpartition("-")[2] not in text
