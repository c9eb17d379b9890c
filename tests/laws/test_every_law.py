"""No law is forgotten: each is named by a test that holds, or by one that waits for it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent

LAWS = (
    *("M1", "M2", "M3", "M4", "M5", "M6", "M7", "M8", "M9", "M10"),
    *("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9"),
    *("R1", "R2", "R3", "R4", "R5", "R6"),
    *("C1", "C2", "C3", "C4"),
    *("G1", "G2", "G3"),
    *("X1", "X2", "X3", "X4", "X5", "X6", "X7"),
    *("O1", "O2", "O3", "O4", "O5", "O6", "O7", "O8"),
)
ELSEWHERE = {"X4": "upstream/test_egress.py", "X6": "front/test_protocol.py"}
"""Laws whose tests are those of the one module that keeps them."""


@pytest.mark.parametrize("law", LAWS)
def test_a_law_has_its_test(law: str) -> None:
    files = sorted((TESTS / "laws").glob("test_*.py"))
    own = [path for path in files if re.search(rf"_{law.lower()}_", path.name)]
    waiting = (TESTS / "laws" / "test_pending.py").read_text()
    waits = f'"{law}"' in waiting or re.search(rf"def test_(?:[a-z0-9_]*_)?{law.lower()}_", waiting)
    assert own or waits or (law in ELSEWHERE and (TESTS / ELSEWHERE[law]).exists())
