"""The writer of the options in docs/configuration.md."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

SCRIPT = Path(__file__).parent.parent.parent / "scripts/write_config_docs.py"
WRITER: dict[str, Any] = runpy.run_path(str(SCRIPT))


class Inner(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)
    size: Annotated[int, Field(ge=1, le=9)]
    """How large."""


class Outer(BaseModel):
    model_config = ConfigDict(use_attribute_docstrings=True)
    name: str | None = None
    """What it is
    called."""
    switched: bool = True
    """Whether it is on. Default: True."""
    parts: tuple[Inner, ...] = ()
    """What it is made of."""


def test_a_setting_has_its_heading_what_it_takes_and_what_it_means() -> None:
    assert [line for line in WRITER["described"](Outer, "x.") if line] == [
        *("### `x.name`", "Text. Not set by default.", "What it is called."),
        *("### `x.switched`", "`true` or `false`. Default: `true`.", "Whether it is on."),
        *("### `x.parts[]`", "What it is made of."),
        *("### `x.parts[].size`", "Whole number from 1 to 9. Required.", "How large."),
    ]


def test_what_is_written_by_hand_is_kept() -> None:
    page: str = WRITER["written"]("# Ours\n<!-- options -->\nold\n<!-- /options -->\nand ours\n")
    assert page.startswith("# Ours\n<!-- options -->\n\n## `server`\n")
    assert page.endswith("\n<!-- /options -->\nand ours\n")
    assert "old\n" not in page.splitlines()


def test_the_page_is_current() -> None:
    checked = subprocess.run([sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_page_that_is_not_current_is_reported(tmp_path: Path) -> None:
    other = tmp_path / "configuration.md"
    other.write_text("<!-- options -->\n<!-- /options -->\n")
    checked = subprocess.run([sys.executable, SCRIPT, "--check", "--output", other], capture_output=True, text=True, check=False)
    assert checked.returncode == 1
    assert "run scripts/write_config_docs.py" in checked.stderr
