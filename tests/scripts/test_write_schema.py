"""The JSON Schema's writer; that the shipped one is current is checked with the schema."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).parent.parent.parent / "scripts/write_schema.py"
WRITER: dict[str, Any] = runpy.run_path(str(SCRIPT))


def test_numbers_and_switches_may_be_variables() -> None:
    written = WRITER["with_variables"]({"properties": {"port": {"type": "integer", "maximum": 9, "default": 4, "title": "Port"}}})
    assert written == {
        "properties": {"port": {"anyOf": [{"type": "integer", "maximum": 9}, WRITER["FROM_ENVIRONMENT"]], "default": 4}},
    }


def test_a_schema_that_is_not_current_is_reported(tmp_path: Path) -> None:
    other = tmp_path / "schema.json"
    other.write_text("{}")
    checked = subprocess.run([sys.executable, SCRIPT, "--check", "--output", other], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "run scripts/write_schema.py" in checked.stderr
