"""What things may be called."""

from __future__ import annotations

import pytest

from headgate.control import names
from headgate.control.refusals import NameInvalid


@pytest.mark.parametrize(("given", "kept"), [("ci", "ci"), ("  nightly build ", "nightly build"), ("Zoë’s 试验", "Zoë’s 试验")])
def test_a_name_is_kept_without_the_blanks_around_it(given: str, kept: str) -> None:
    assert names.check(given) == kept


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "\ud800", "x" * 101, "\x1b[31mred"])
def test_a_name_that_cannot_be_shown_is_refused(name: str) -> None:
    with pytest.raises(NameInvalid):
        names.check(name)
