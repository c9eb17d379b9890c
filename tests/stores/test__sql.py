"""The statements."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from headgate.core.stores import Dimension, Wanted
from headgate.stores import _schema, _sql


def plan(path: Path, statement: str, **values: object) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}", values))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    _schema.prepare(tmp_path / "headgate.db")
    return tmp_path / "headgate.db"


def test_every_filter_and_dimension_has_its_sql() -> None:
    assert set(Wanted.__struct_fields__) == _sql.FILTERS.keys() - {"before_us"}
    assert set(get_args(Dimension)) == set(_sql.GROUPS)


def test_the_tables_hold_every_fact_there_is(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        columns = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('requests')")]
        attempts = [name for (name,) in connection.execute("SELECT name FROM pragma_table_info('attempts')")]
    assert columns == list(_sql.REQUEST_COLUMNS)
    assert attempts == ["request_id", "number", *_sql.ATTEMPT_COLUMNS]


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ([], "requests_by_time"),
        (["before_us"], "requests_by_time"),
        (["key_id", "before_us"], "requests_by_key"),
        (["team_id"], "requests_by_team"),
        (["model", "since_us"], "requests_by_model"),
    ],
)
def test_a_page_is_read_from_an_index_in_its_order(path: Path, filters: list[str], index: str) -> None:
    values = dict.fromkeys([*filters, "before_id", "limit"], 1)
    steps = plan(path, _sql.page(filters), **values)
    assert index in steps
    assert "TEMP B-TREE" not in steps


def test_usage_of_a_period_reads_only_that_period(path: Path) -> None:
    assert "requests_by_time" in plan(path, _sql.usage_by("day"), since_us=1, until_us=2)
