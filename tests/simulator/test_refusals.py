from __future__ import annotations

from headgate.simulator.anthropic import ANTHROPIC
from headgate.simulator.dialect import Refused
from headgate.simulator.openai import OPENAI
from headgate.simulator.refusals import refused


def test_the_usual_hint_comes_with_the_usual_status() -> None:
    assert ("retry-after", "1") in refused(OPENAI, Refused(429, "")).headers
    assert refused(OPENAI, Refused(400, "")).headers == ()


def test_a_hint_can_be_replaced_or_left_out() -> None:
    assert ("retry-after", "30") in refused(ANTHROPIC, Refused(500, ""), 30).headers
    assert refused(OPENAI, Refused(429, ""), -1).headers == ()


def test_what_is_wrong_with_this_request_goes_before_what_is_usual() -> None:
    assert b"Invalid 'messages'" in refused(OPENAI, Refused(400, "Invalid 'messages'")).body
