"""Everything is escaped, and nothing is missing in silence."""

from __future__ import annotations

import jinja2
import pytest

from headgate.admin.html import Templates


def test_what_people_write_is_text() -> None:
    page = Templates().page("problem.html", 404, title="<b>", status=404, detail="<script>alert(1)</script>")
    assert b"<script>" not in page.body
    assert b"&lt;script&gt;" in page.body
    assert page.status_code == 404


def test_a_value_that_a_page_needs_must_be_there() -> None:
    with pytest.raises(jinja2.UndefinedError):
        Templates().page("problem.html", 404, title="x")
