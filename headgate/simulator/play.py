"""A reply and a directive as the steps in which bytes go out: every fault is a small change of one stream of steps.

    events ─► said (comments, unknown, garbage, error, missing terminator) ─► timed (stall, pace, cut) ─► coded ─► cut, split ─► framed

Pure: nothing here waits or writes, so a fault can be tested as a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from headgate.simulator.coding import encoder
from headgate.simulator.directive import HEALTHY, Directive
from headgate.simulator.reply import Event, Reply
from headgate.simulator.spoil import said

BEFORE_CONTENT: tuple[str, ...] = ("content", "finish", "usage", "done")
"""The first of these is where the answer's substance begins, whatever it says."""

TOO_LONG, TOO_SHORT = 1_000_000, 64
"""The content-length of a stream that should not have one."""


class Step(NamedTuple):
    """Write, then wait; None waits until the peer leaves."""

    data: bytes
    wait_ms: float | None = 0


class Cut(NamedTuple):
    """Close the connection here."""

    reset: bool = False


Action = Step | Cut
Head = tuple[bytes, ...]
"""Status line and headers, a line each, without the framing headers and the empty line."""


def play(reply: Reply, head: Head, id: bytes) -> Iterator[Action]:
    """Everything that goes over the wire for one reply."""
    directive = reply.directive
    if reply.events is not None:
        events = reply.events(id)
        if directive.only_paces:
            return chain((Step(_head(head, (b"transfer-encoding: chunked",))),), _chunked_events(events, directive.pace_ms))
        return _faulty(_streamed(reply, events), _stream_framing(head, directive), directive)
    return _faulty(_whole(reply), _whole_framing(head, reply), directive)


def _faulty(body: Iterable[Action], head: Head, directive: Directive) -> Iterator[Action]:
    """The head, as slow as it should be, then the body."""
    if directive.latency_ms:
        yield Step(b"", directive.latency_ms)
    if directive.stall == "accept" or (directive.stall == "head" and len(head) < 2):
        yield Step(b"", directive.stall_ms)
    if directive.reset and directive.cut is None and directive.cut_byte is None:
        yield Cut(reset=True)
        return
    yield from _head_steps(head, directive)
    yield from body


def _head_steps(head: Head, directive: Directive) -> Iterator[Action]:
    if directive.stall == "head":
        half = len(head) // 2
        yield Step(_lines(head[:half]), directive.stall_ms)
        head = head[half:]
    if directive.slow_headers_ms:
        yield Step(b"", directive.slow_headers_ms)
        for line in head:
            yield Step(line + b"\r\n", directive.slow_headers_ms)
        yield Step(b"\r\n")
        return
    yield Step(_lines(head) + b"\r\n")


def _lines(head: Head) -> bytes:
    return b"".join(line + b"\r\n" for line in head)


def _head(head: Head, framing: Head) -> bytes:
    return b"\r\n".join((*head, *framing)) + b"\r\n\r\n"


# Streams.


def _chunked_events(events: Iterator[Event], pace_ms: float) -> Iterator[Action]:
    """The shortest way, for the benchmark: nothing is looked at."""
    for kind, data in events:
        yield Step(b"%x\r\n%b\r\n" % (len(data), data), pace_ms if kind == "content" else 0)
    yield Step(b"0\r\n\r\n")


def _stream_framing(head: Head, directive: Directive) -> Head:
    coded = (b"content-encoding: " + directive.encoding.encode(),) if directive.encoding else ()
    match directive.length:
        case "long":
            return (*head, *coded, b"content-length: %d" % TOO_LONG)
        case "short":
            return (*head, *coded, b"content-length: %d" % TOO_SHORT)
        case "":
            return (*head, *coded, b"transfer-encoding: chunked")


def _streamed(reply: Reply, events: Iterator[Event]) -> Iterator[Action]:
    directive = reply.directive
    steps = _timed(said(events, directive, reply.dialect), directive, directive.at)
    if directive.batch > 1:
        steps = _batched(steps, directive.batch)
    if directive.encoding:
        steps = _coded(steps, directive.encoding)
    steps = _sized(steps, directive)
    return _closed(steps, directive) if directive.length else _chunked(steps)


def _timed(events: Iterable[Event], directive: Directive, middle: int) -> Iterator[Action]:
    """Pace and stall, placed by what each event is, and the cut after so many events."""
    said_so_far, stalled = 0, False
    pace = directive.pace_ms
    for count, (kind, data) in enumerate(events):
        if directive.stall and not stalled and _stalls_before(kind, directive, said_so_far, middle):
            stalled = True
            yield Step(b"", directive.stall_ms)
        if directive.cut is not None and count >= directive.cut:
            yield Cut(directive.reset)
            return
        said_so_far += kind == "content"
        yield Step(data, pace if kind == "content" else 0)
    if directive.cut is not None:
        yield Cut(directive.reset)
    elif directive.stall == "end" or (directive.stall in ("mid", "before_usage", "before_done") and not stalled):
        yield Step(b"", directive.stall_ms)


def _stalls_before(kind: str, directive: Directive, said_so_far: int, middle: int) -> bool:
    match directive.stall:
        case "first_content":
            return kind in BEFORE_CONTENT
        case "mid":
            return said_so_far >= middle or kind in ("usage", "done")
        case "before_usage":
            return kind in ("usage", "done")
        case "before_done":
            return kind == "done"
        case _:
            return False


def _batched(steps: Iterable[Action], size: int) -> Iterator[Action]:
    held, count = b"", 0
    for step in steps:
        if isinstance(step, Step) and step.wait_ms == 0 and count + 1 < size:
            held, count = held + step.data, count + 1
            continue
        yield Step(held + step.data, step.wait_ms) if isinstance(step, Step) else Step(held)
        if isinstance(step, Cut):
            yield step
        held, count = b"", 0
    if held:
        yield Step(held)


def _coded(steps: Iterable[Action], coding: str) -> Iterator[Action]:
    feed, finish = encoder(coding)
    for step in steps:
        if isinstance(step, Cut):
            yield step
            return
        yield Step(feed(step.data), step.wait_ms) if step.data else step
    yield Step(finish())


def _sized(steps: Iterable[Action], directive: Directive) -> Iterator[Action]:
    """Cut at a byte, and small writes."""
    if directive.cut_byte is not None:
        steps = _cut_at(steps, directive.cut_byte, directive.reset)
    if directive.chunk:
        steps = _split(steps, directive.chunk)
    return iter(steps)


def _cut_at(steps: Iterable[Action], limit: int, reset: bool) -> Iterator[Action]:
    for step in steps:
        if isinstance(step, Step) and len(step.data) < limit:
            limit -= len(step.data)
            yield step
            continue
        if isinstance(step, Step):
            yield Step(step.data[:limit])
        yield Cut(reset)
        return
    yield Cut(reset)


def _split(steps: Iterable[Action], size: int) -> Iterator[Action]:
    for step in steps:
        if isinstance(step, Cut) or len(step.data) <= size:
            yield step
            continue
        last = (len(step.data) - 1) // size * size
        for start in range(0, last, size):
            yield Step(step.data[start : start + size])
        yield Step(step.data[last:], step.wait_ms)


def _chunked(steps: Iterable[Action]) -> Iterator[Action]:
    for step in steps:
        if isinstance(step, Cut):
            yield step
            return
        yield Step(b"%x\r\n%b\r\n" % (len(step.data), step.data), step.wait_ms) if step.data else step
    yield Step(b"0\r\n\r\n")


def _closed(steps: Iterable[Action], directive: Directive) -> Iterator[Action]:
    """A body whose content-length is wrong ends with its connection."""
    yield from steps
    yield Cut(directive.reset)


# Whole answers.


def _whole_framing(head: Head, reply: Reply) -> Head:
    directive = reply.directive
    size = len(whole_body(reply))
    match directive.length:
        case "long":
            size += TOO_SHORT
        case "short":
            size = max(size - TOO_SHORT, 0)
        case "":
            pass
    coded = (b"content-encoding: " + directive.encoding.encode(),) if directive.encoding else ()
    return (*head, *coded, b"content-length: %d" % size)


def whole_body(reply: Reply) -> bytes:
    """The body of a whole reply as it goes out."""
    if not reply.directive.encoding:
        return reply.body
    feed, finish = encoder(reply.directive.encoding)
    return feed(reply.body) + finish()


def _whole(reply: Reply) -> Iterator[Action]:
    directive = reply.directive
    if directive == HEALTHY:
        return iter((Step(reply.body),))
    steps = _sized(_timed(_parts(whole_body(reply), directive), directive, 1), directive)
    return _closed(steps, directive) if directive.length else steps


def _parts(body: bytes, directive: Directive) -> list[Event]:
    """A whole body as if it were events, so that stalls and cuts have places: half, up to the usage, up to the last byte."""
    if not directive.stall and directive.cut is None:
        return [("finish", body)]
    half, end = len(body) // 2, max(len(body) - 1, 0)
    usage = body.find(b'"usage"')
    usage = usage if half < usage < end else (half + end) // 2
    return [("content", body[:half]), ("content", body[half:usage]), ("usage", body[usage:end]), ("done", body[end:])]
