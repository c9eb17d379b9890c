from __future__ import annotations

import msgspec
import pytest

from headgate.simulator.anthropic import ANTHROPIC
from headgate.simulator.directive import HEALTHY, Directive
from headgate.simulator.openai import OPENAI
from headgate.simulator.reply import Event
from headgate.simulator.spoil import COMMENT, garbage_body, said, with_unknown_field

EVENTS: list[Event] = [("open", b'data: {"a":1}\n\n'), ("content", b'data: {"b":2}\n\n'), ("done", b"data: [DONE]\n\n")]


def spoken(directive: Directive) -> bytes:
    return b"".join(data for _, data in said(EVENTS, directive, OPENAI))


def test_a_healthy_stream_is_left_alone() -> None:
    assert list(said(EVENTS, HEALTHY, OPENAI)) == EVENTS


def test_the_terminator_can_be_missing() -> None:
    assert spoken(Directive(done="none")) == b'data: {"a":1}\n\ndata: {"b":2}\n\n'


def test_an_error_event_is_the_last() -> None:
    assert spoken(Directive(error_event=1)) == b'data: {"a":1}\n\n' + OPENAI.error_event("")


def test_lines_can_end_in_two_characters() -> None:
    assert spoken(Directive(crlf=True)) == b'data: {"a":1}\r\n\r\ndata: {"b":2}\r\n\r\ndata: [DONE]\r\n\r\n'


def test_comments_stand_between_events() -> None:
    assert spoken(Directive(comments=True)).count(COMMENT) == 3


def test_unknown_events_and_fields_leave_the_rest_as_it_was() -> None:
    assert spoken(Directive(unknown="events")).replace(OPENAI.unknown_event, b"") == spoken(HEALTHY)
    fields = spoken(Directive(unknown="fields")).split(b"\n\n")
    assert [msgspec.json.decode(line.removeprefix(b"data: ")).get("b") for line in fields[:2]] == [None, 2]
    assert b"x_future" in fields[0]
    assert fields[2] == b"data: [DONE]"


def test_a_named_event_gets_its_unknown_field_in_its_data() -> None:
    event = with_unknown_field(ANTHROPIC.unknown_event)
    assert event.startswith(b'event: future_event\ndata: {"x_future"')


def test_a_piece_of_content_breaks_off_inside_its_json() -> None:
    broken = spoken(Directive(garbage="mid_json", at=1)).split(b"\n\n")[1]
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(broken.removeprefix(b"data: "))


@pytest.mark.parametrize("kind", ["json", "binary", "sse"])
def test_garbage_replaces_the_stream(kind: str) -> None:
    assert spoken(msgspec.convert({"garbage": kind}, Directive)) == garbage_body(kind, b"")


def test_garbage_is_no_answer() -> None:
    whole = b'{"choices":[{"message":{"content":"' + b"x" * 200 + b'"}}]}'
    assert msgspec.json.decode(garbage_body("json", whole)) == {"hello": "world", "items": [1, 2, 3]}
    assert garbage_body("html", whole).startswith(b"<!DOCTYPE")
    assert garbage_body("mid_json", whole)[:40] == whole[:40]
    for kind in ("html", "binary", "sse", "mid_json"):
        with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
            msgspec.json.decode(garbage_body(kind, whole))
