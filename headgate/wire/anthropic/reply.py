"""A whole message, and a count of tokens: what it cost and how much it says."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from headgate.core.errors import UpstreamGarbage
from headgate.core.ports import ReplyFacts
from headgate.core.usage import Usage
from headgate.wire import document, failure, tokens
from headgate.wire.anthropic import usage
from headgate.wire.anthropic.block import Block
from headgate.wire.document import NOTHING, UNREADABLE


class _Reply(Struct, gc=False):
    content: list[Block]
    id: str | None = None
    model: str | None = None
    usage: Raw = NOTHING


class _Loose(Struct, gc=False):
    """The same, taken only as far as everybody agrees on it."""

    content: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING


class _Count(Struct, gc=False):
    input_tokens: int


_REPLY = msgspec.json.Decoder(_Reply)
_LOOSE = msgspec.json.Decoder(_Loose)
_COUNT = msgspec.json.Decoder(_Count)


def read(body: bytes) -> ReplyFacts:
    """The facts of a message. Raises UpstreamGarbage, and UpstreamError for an error that came with a status of success."""
    try:
        told = _REPLY.decode(body)
    except UNREADABLE:
        told = _read_loosely(body)
    size = sum(block.size() for block in told.content)
    return ReplyFacts(usage.disjoint(usage.told(told.usage)), told.model, told.id, Usage(output=tokens.of_length(size)))


def read_count(body: bytes) -> ReplyFacts:
    """The facts of a count: nothing was used, because counting is free. Raises UpstreamGarbage and UpstreamError."""
    try:
        _COUNT.decode(body)
    except UNREADABLE:
        failure.refuse(_loose(body).error, "a count of tokens")
    return ReplyFacts(Usage(), None, None, Usage())


def _read_loosely(body: bytes) -> _Reply:
    told = _loose(body)
    if not bytes(told.content).startswith(b"["):
        failure.refuse(told.error, "a message")
    return _Reply(content=[Block(text=told.content)], usage=told.usage)


def _loose(body: bytes) -> _Loose:
    try:
        return _LOOSE.decode(document.readable(body))
    except UNREADABLE:
        raise UpstreamGarbage("The provider's answer is not whole JSON.") from None
