"""What every format's scanner does alike: whole events pass at once, and nothing follows what is no event."""

from __future__ import annotations

import pytest

from headgate.wire import scanner, sse

GARBAGE = b"data: <html>\n\n"


class Upper(scanner.Scanner):
    """Forwards JSON events in capitals."""

    def _read(self, event: bytes, data: bytes) -> bytes:
        scanner.readable(data)
        self.produced_bytes += len(data)
        return event.upper()


def test_an_event_is_forwarded_when_it_is_whole_and_not_before() -> None:
    upper = Upper()
    assert upper.feed(b'data: "a"\n') == b""
    assert upper.feed(b'\ndata: "b"\n\ndata: "c') == b'DATA: "A"\n\nDATA: "B"\n\n'
    assert upper.feed(b'"\n\n: note\n\n') == b'DATA: "C"\n\n: note\n\n'
    assert upper.produced.output == 3


@pytest.mark.parametrize("pieces", [[b'data: "a"\n\n' + GARBAGE + b'data: "b"\n\n'], [b'data: "a"\n\n', GARBAGE, b'data: "b"\n\n']])
def test_events_before_garbage_pass_and_nothing_after(pieces: list[bytes]) -> None:
    upper = Upper()
    assert b"".join(upper.feed(piece) for piece in pieces) == b'DATA: "A"\n\n'
    assert upper.garbage
    assert upper.close() == b""


@pytest.mark.parametrize("end", [b"", b"\n\n"])
def test_an_event_without_a_sensible_end_is_garbage(monkeypatch: pytest.MonkeyPatch, end: bytes) -> None:
    monkeypatch.setattr(sse, "EVENT_BYTES", 1_000)
    upper = Upper()
    assert upper.feed(b'data: "' + b"x" * 2_000 + b'"' + end) == b""
    assert upper.garbage


def test_a_last_event_is_forwarded_if_it_is_whole() -> None:
    upper = Upper()
    upper.feed(b'data: "a"')
    assert upper.close() == b'DATA: "A"\n\n'


@pytest.mark.parametrize("rest", [b"data: {", b"event: x\n", b": note", b"da"])
def test_a_broken_last_event_is_not(rest: bytes) -> None:
    upper = Upper()
    assert upper.feed(rest) == b""
    assert upper.close() == b""
    assert not upper.garbage


def test_an_empty_line_at_the_end_passes() -> None:
    upper = Upper()
    assert upper.feed(b'data: "a"\n\n\n') + upper.close() == b'DATA: "A"\n\n\n'
