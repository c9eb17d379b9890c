from __future__ import annotations

import pytest

from headgate.simulator.anthropic import ANTHROPIC
from headgate.simulator.dialect import Dialect
from headgate.simulator.openai import OPENAI


@pytest.mark.parametrize("dialect", [OPENAI, ANTHROPIC], ids=lambda dialect: dialect.name)
def test_every_status_has_words(dialect: Dialect) -> None:
    assert dialect.known(418) == dialect.errors[400]
    assert dialect.known(599) == dialect.errors[500]
    assert dialect.known(429).retry_after_s == 1
