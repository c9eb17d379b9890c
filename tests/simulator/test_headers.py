from __future__ import annotations

from headgate.simulator.anthropic import ANTHROPIC
from headgate.simulator.dialect import ID_SLOT
from headgate.simulator.headers import head_of
from headgate.simulator.openai import OPENAI
from headgate.simulator.reply import Reply


def test_the_head_names_status_date_and_request() -> None:
    head = head_of(Reply(OPENAI), 0)
    assert head[:3] == (b"HTTP/1.1 200 OK", b"content-type: application/json", b"date: Thu, 01 Jan 1970 00:00:00 GMT")
    assert b"x-request-id: req_" + ID_SLOT in head


def test_numbers_that_nobody_registered_have_words_too() -> None:
    assert head_of(Reply(ANTHROPIC, 529), 0)[0] == b"HTTP/1.1 529 Overloaded"
    assert head_of(Reply(ANTHROPIC, 599), 0)[0] == b"HTTP/1.1 599 Unknown"


def test_a_reply_adds_its_own() -> None:
    assert head_of(Reply(OPENAI, 429, (("retry-after", "1"),)), 0)[-1] == b"retry-after: 1"
