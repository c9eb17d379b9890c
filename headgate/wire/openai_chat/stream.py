"""A stream of chat chunks going by: usage, content and the end are noted, and usage that nobody asked for is taken out."""

from __future__ import annotations

import re

import msgspec
from msgspec import Raw, Struct

from headgate.core.errors import BadRequest
from headgate.wire import failure, scanner, sse
from headgate.wire.document import NOTHING, UNREADABLE, Document
from headgate.wire.openai_chat import usage
from headgate.wire.openai_chat.piece import Piece
from headgate.wire.openai_chat.request import ChatRequest

_DONE_EVENT = b"data: [DONE]\n\n"
NULL = len("null")
_NO_USAGE = b',"usage":null'
_USUAL_END = b',"usage":null}\n\n'
_END = b"}\n\n"
_LAST_MEMBERS = re.compile(rb',"usage":null((?:,"obfuscation":"[^"\\]*")?\})\Z')
"""Usage where the vendor writes it: last, but for padding. The brace is the document's own, so the member is at the top level."""


class _Choice(Struct, gc=False):
    index: int | None = 0
    delta: Piece | None = None
    finish_reason: str | None = None


class _Chunk(Struct, gc=False):
    id: str | None = None
    model: str | None = None
    choices: list[_Choice] | None = None
    usage: Raw = NOTHING
    error: Raw = NOTHING
    x_groq: Raw = NOTHING


class _Loose(Struct, gc=False):
    """The same, taken only as far as everybody agrees on it."""

    choices: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING


class _Beside(Struct, gc=False):
    """Some servers tell usage and failures in an extension of their own."""

    usage: Raw = NOTHING
    error: Raw = NOTHING


_CHUNK = msgspec.json.Decoder(_Chunk)
_LOOSE = msgspec.json.Decoder(_Loose)
_BESIDE = msgspec.json.Decoder(_Beside)


class ChatScanner(scanner.Scanner):
    """Watches chat chunks. Where the client did not ask for usage, no `usage` reaches it."""

    __slots__ = ("_choices", "_ended", "_hides_usage", "_open")

    def __init__(self, request: ChatRequest) -> None:
        super().__init__()
        self._hides_usage = not request.shows_usage
        self._choices = request.choices
        self._open: set[int] = set()
        self._ended: set[int] = set()

    def close(self) -> bytes:
        last = super().close()
        if self.complete and not self.finished and not self.garbage:
            self.finished = True
            last += _DONE_EVENT
        return last

    def _read(self, event: bytes, data: bytes) -> bytes:
        try:
            chunk = _CHUNK.decode(data)
        except UNREADABLE:
            return self._read_unusual(event, data)
        self._note(chunk)
        if not self._hides_usage or chunk.usage is NOTHING:
            return event
        if chunk.choices and event.endswith(_USUAL_END):  # the brace is the document's own
            return event[: -len(_USUAL_END)] + _END
        return self._without_usage(event, data, bool(chunk.choices) or _says_more(chunk))

    def _note(self, chunk: _Chunk) -> None:
        if not self.model:
            self._name(chunk.id, chunk.model)
        for choice in chunk.choices or ():
            delta, index = choice.delta, choice.index or 0
            if delta is not None:
                self.produced_bytes += delta.size()
                if not self.content_seen:
                    self.content_seen = delta.has_content()
            if choice.finish_reason or index not in self._open:
                self._note_end(index, choice.finish_reason)
        if len(chunk.usage) > NULL:
            self.usage = usage.read(chunk.usage) or self.usage
        if chunk.error is not NOTHING:
            self._note_error(chunk.error)
        if chunk.x_groq is not NOTHING:
            self._note_beside(chunk.x_groq)

    def _note_end(self, index: int, reason: str | None) -> None:
        if reason:
            self._ended.add(index)
            self._open.discard(index)
            self.complete = self.error is None and not self._open and len(self._ended) >= self._choices
        elif index not in self._ended and index not in self._open:
            self._open.add(index)
            self.complete = False

    def _note_error(self, error: Raw) -> None:
        self.error = self.error or failure.code(error)
        if self.error is not None:
            self.complete = False

    def _note_beside(self, extension: Raw) -> None:
        try:
            beside = _BESIDE.decode(extension)
        except UNREADABLE:
            return
        self.usage = usage.read(beside.usage) or self.usage
        self._note_error(beside.error)

    def _read_unusual(self, event: bytes, data: bytes) -> bytes:
        if scanner.is_done(data):
            self.finished = self.error is None
            return event
        if not data.strip():
            return event
        text = scanner.readable(data)
        try:
            loose = _LOOSE.decode(text)
        except UNREADABLE:
            return event  # JSON, but no object
        try:
            self._note(_CHUNK.decode(text))
        except UNREADABLE:
            self.usage = usage.read(loose.usage) or self.usage
            self._note_error(loose.error)
        if self._hides_usage and len(loose.usage):
            return self._without_usage(event, data, bytes(loose.choices) not in (b"", b"[]", b"null") or _says_more(loose))
        return event

    def _without_usage(self, event: bytes, data: bytes, has_more: bool) -> bytes:
        """The event without its usage; nothing where usage is all there is to it."""
        if not has_more:
            self._dropped = True
            return b""
        at = data.rfind(_NO_USAGE)
        if at >= 0 and (last := _LAST_MEMBERS.match(data, at)):
            return sse.with_data(event, data, data[:at] + last[1])
        return sse.with_data(event, data, cut(data, "usage"))


def cut(data: bytes, member: str) -> bytes:
    """A JSON object without this member and otherwise byte for byte. Raises NotOfThisFormat."""
    try:
        document = Document(scanner.readable(data))
    except BadRequest:
        raise scanner.NotOfThisFormat from None
    document.body = data  # where a character is cut in half: in other bytes, but as many
    return document.replaced({member: None})


def _says_more(chunk: _Chunk | _Loose) -> bool:
    """Whether a chunk without choices is more than a report of usage."""
    return len(chunk.usage) <= len("null") or failure.code(chunk.error) is not None
