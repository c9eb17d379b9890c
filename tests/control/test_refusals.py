"""What refusals say."""

from __future__ import annotations

import pytest

from headgate.control import refusals
from headgate.core.errors import CallerError

ALL = [
    refusals.KeyUnknown("k1"),
    refusals.TeamUnknown("research"),
    refusals.RecordUnknown("r1"),
    refusals.NameTaken("ci", "by another team"),
    refusals.KeyRevoked("k1"),
    refusals.ExpiryPast(),
    refusals.GraceInvalid(-1),
    refusals.CursorInvalid(),
    refusals.PeriodInvalid(),
]


@pytest.mark.parametrize("refusal", ALL, ids=lambda refusal: type(refusal).__name__)
def test_a_refusal_is_the_askers_to_mend_and_says_how(refusal: CallerError) -> None:
    assert isinstance(refusal, CallerError)
    assert refusal.message.count(".") >= 2 or ";" in refusal.message
    assert refusal.param


def test_codes_are_unique() -> None:
    codes = [refusal.code for refusal in ALL]
    assert len(set(codes)) == len(codes)
