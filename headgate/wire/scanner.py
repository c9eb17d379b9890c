"""What every event stream of a provider has in common, seen from beside it: whole events pass, facts stay."""

from __future__ import annotations

from abc import ABC, abstractmethod

import msgspec

from headgate.core.usage import Usage
from headgate.wire import document, sse, tokens

_JSON = msgspec.json.Decoder(msgspec.Raw)
_DONE = b"[DONE]"


class NotOfThisFormat(Exception):
    """An event that no server of this format sends."""


class Scanner(ABC):
    """The port StreamScanner but for what the events mean; a format says that in `_read`."""

    __slots__ = (
        "_dropped",
        "_splitter",
        "complete",
        "content_seen",
        "error",
        "finished",
        "garbage",
        "model",
        "produced_bytes",
        "reply_id",
        "usage",
    )

    def __init__(self) -> None:
        self.usage: Usage | None = None
        self.content_seen = False
        self.finished = False
        self.complete = False
        self.garbage = False
        self.error: str | None = None
        self.model: str | None = None
        self.reply_id: str | None = None
        self.produced_bytes = 0
        self._splitter = sse.Splitter()
        self._dropped = False
        """The last event was not forwarded."""

    @property
    def produced(self) -> Usage:
        return Usage(output=tokens.of_length(self.produced_bytes))

    def feed(self, data: bytes) -> bytes:
        """Whole events to forward now, joined. Nothing more comes once `garbage` is set."""
        said = self._splitter.one_event(data)
        if said and not self.garbage and len(said) < sse.EVENT_BYTES - 8:
            self._dropped = False
            try:
                return self._read(data, said)
            except NotOfThisFormat:
                self.garbage = True
                return b""
        passed: list[bytes] = []
        try:
            if self.garbage:
                raise NotOfThisFormat
            for event, said in self._splitter.feed(data):
                passed.append(self._pass(event, said))
            if self._splitter.held > sse.EVENT_BYTES:
                raise NotOfThisFormat
        except NotOfThisFormat:
            self.garbage = True
        return b"".join(passed)

    def close(self) -> bytes:
        """What the provider's clean end leaves: a last event without its empty line, if it is whole."""
        rest = self._splitter.rest()
        if self.garbage:
            return b""
        if not rest.strip(b"\r\n"):
            return rest
        event, data = sse.ended(rest)
        try:
            return self._pass(event, data) if data else b""
        except NotOfThisFormat:
            return b""

    def _pass(self, event: bytes, data: bytes | None) -> bytes:
        if len(event) > sse.EVENT_BYTES:
            raise NotOfThisFormat
        if not data:
            return b"" if self._dropped and event == b"\n" else event  # the rest of a line end, whose event is gone
        self._dropped = False
        return self._read(event, data)

    def _name(self, reply_id: str | None, model: str | None) -> None:
        """Who answers: the first names that are told stand."""
        self.reply_id = self.reply_id or reply_id
        self.model = self.model or model

    @abstractmethod
    def _read(self, event: bytes, data: bytes) -> bytes:
        """Take the facts from an event and say what to forward of it. Raises NotOfThisFormat."""


def is_done(data: bytes) -> bool:
    return data.strip() == _DONE


def readable(data: bytes) -> bytes:
    """Data that strict decoders take for JSON: halves of surrogate pairs are exchanged. Raises NotOfThisFormat where it is none."""
    data = document.readable(data)
    try:
        _JSON.decode(data)
    except document.UNREADABLE:
        raise NotOfThisFormat from None
    return data
