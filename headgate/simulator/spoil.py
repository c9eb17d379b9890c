"""What a provider may put into its stream beside the answer, and what it never should."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from headgate.simulator.dialect import Dialect
from headgate.simulator.directive import Directive
from headgate.simulator.reply import Event

UNKNOWN_FIELD = '"x_future":{"a":[1,2.50,"é\\u00e9"],"b":null},'.encode()
COMMENT = b": still here\n\n"

HTML = b"<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>\n"
BINARY = bytes((index * 151 + 7) % 256 for index in range(512))
OTHER_JSON = b'{"hello":"world","items":[1,2,3]}'
BROKEN_SSE = b"data\n\ndata: not json at all\n\nretry: soon\nid\n\nno colon here\n\ndata: {\n\n"

_OBJECT = re.compile(rb"^(data: )?\{", re.MULTILINE)


def with_unknown_field(data: bytes) -> bytes:
    """The JSON object in `data` with a field that nobody knows yet."""
    return _OBJECT.sub(lambda found: found[0] + UNKNOWN_FIELD, data, count=1)


def garbage_body(kind: str, whole: bytes) -> bytes:
    """A body that is no answer; `mid_json` begins as one."""
    match kind:
        case "html":
            return HTML
        case "binary":
            return BINARY
        case "sse":
            return BROKEN_SSE
        case "mid_json":
            half = len(whole) // 2
            return whole[:half] + b'}]}"}\x00garbage' + whole[half + 16 :]
        case _:
            return OTHER_JSON


def said(events: Iterable[Event], directive: Directive, dialect: Dialect) -> Iterator[Event]:
    """The events with everything put in, taken out and spoiled that the directive asks for."""
    if directive.done == "none":
        events = (event for event in events if event[0] != "done")
    if directive.garbage:
        events = _garbled(events, directive)
    if directive.error_event is not None:
        events = _failed(events, directive.error_event, dialect.error_event(directive.code))
    if directive.unknown or directive.comments:
        events = _decorated(events, directive, dialect)
    if directive.crlf:
        events = ((kind, data.replace(b"\n", b"\r\n")) for kind, data in events)
    return iter(events)


def _garbled(events: Iterable[Event], directive: Directive) -> Iterator[Event]:
    """`mid_json` breaks the piece of content at `at`; every other kind is garbage from the first byte."""
    if directive.garbage != "mid_json":
        yield "other", garbage_body(directive.garbage, b"")
        return
    count = 0
    for kind, data in events:
        count += kind == "content"
        if kind == "content" and count == directive.at:
            data = data[: len(data) // 2] + b"\n\n"
        yield kind, data


def _failed(events: Iterable[Event], limit: int, failing: bytes) -> Iterator[Event]:
    for number, event in enumerate(events):
        if number >= limit:
            break
        yield event
    yield "other", failing


def _decorated(events: Iterable[Event], directive: Directive, dialect: Dialect) -> Iterator[Event]:
    for kind, data in events:
        if directive.comments:
            yield "other", COMMENT
        if directive.unknown in ("events", "both") and kind in ("content", "usage"):
            yield "other", dialect.unknown_event
        yield kind, with_unknown_field(data) if directive.unknown in ("fields", "both") else data
