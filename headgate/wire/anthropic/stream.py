"""A stream of message events going by: usage, content and the end are noted, and every byte passes as it came."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from headgate.wire import failure, scanner
from headgate.wire.anthropic import usage
from headgate.wire.anthropic.block import Block
from headgate.wire.anthropic.request import MessageRequest
from headgate.wire.document import NOTHING, UNREADABLE


class _Message(Struct, gc=False):
    id: str | None = None
    model: str | None = None
    usage: Raw = NOTHING


class _Event(Struct, gc=False):
    """Any event. The type is told in the data too, so that streams without `event:` lines are understood."""

    type: str = ""
    delta: Block | None = None
    message: _Message | None = None
    content_block: Block | None = None
    usage: Raw = NOTHING
    error: Raw = NOTHING


class _Loose(Struct, gc=False):
    """The same, taken only as far as everybody agrees on it."""

    type: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING


_EVENT = msgspec.json.Decoder(_Event)
_LOOSE = msgspec.json.Decoder(_Loose)


class MessageScanner(scanner.Scanner):
    """Watches message events."""

    __slots__ = ("_told",)

    def __init__(self, request: MessageRequest) -> None:
        super().__init__()
        self._told = usage.Told()

    def _read(self, event: bytes, data: bytes) -> bytes:
        try:
            told = _EVENT.decode(data)
        except UNREADABLE:
            self._read_unusual(data)
        else:
            self._note(told)
        return event

    def _note(self, told: _Event) -> None:
        if told.delta is not None:
            size = told.delta.size()
            self.produced_bytes += size
            self.content_seen = self.content_seen or size > 0
        if told.content_block is not None:
            self.produced_bytes += told.content_block.size()
            self.content_seen = self.content_seen or told.content_block.has_content()
        if told.message is not None:
            self._name(told.message.id, told.message.model)
            self._note_usage(told.message.usage)
        if len(told.usage):
            self._note_usage(told.usage)
        if len(told.error):
            self.error = self.error or failure.code(told.error)
        if told.type == "message_stop":
            self.finished = self.complete = self.error is None

    def _note_usage(self, raw: Raw) -> None:
        """Later counts replace earlier ones; what they leave out stands."""
        self._told = usage.updated(self._told, usage.told(raw))
        self.usage = usage.disjoint(self._told)

    def _read_unusual(self, data: bytes) -> None:
        if scanner.is_done(data) or not data.strip():
            return
        text = scanner.readable(data)
        try:
            self._note(_EVENT.decode(text))
        except UNREADABLE:
            self._read_loosely(text)

    def _read_loosely(self, text: bytes) -> None:
        try:
            loose = _LOOSE.decode(text)
        except UNREADABLE:
            return  # JSON, but no object
        self._note_usage(loose.usage)
        self.error = self.error or failure.code(loose.error)
