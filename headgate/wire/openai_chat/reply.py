"""A whole chat completion: what it cost and how much it says."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from headgate.core.errors import UpstreamGarbage
from headgate.core.ports import ReplyFacts
from headgate.core.usage import Usage
from headgate.wire import document, failure, tokens
from headgate.wire.document import NOTHING, UNREADABLE
from headgate.wire.openai_chat import usage
from headgate.wire.openai_chat.piece import Piece


class _Choice(Struct, gc=False):
    message: Piece | None = None


class _Reply(Struct, gc=False):
    choices: list[_Choice]
    id: str | None = None
    model: str | None = None
    usage: Raw = NOTHING


class _Loose(Struct, gc=False):
    """The same, taken only as far as everybody agrees on it."""

    choices: Raw = NOTHING
    usage: Raw = NOTHING
    error: Raw = NOTHING


_REPLY = msgspec.json.Decoder(_Reply)
_LOOSE = msgspec.json.Decoder(_Loose)


def read(body: bytes) -> ReplyFacts:
    """The facts of a reply. Raises UpstreamGarbage, and UpstreamError for an error that came with a status of success."""
    try:
        told = _REPLY.decode(body)
    except UNREADABLE:
        return _read_loosely(body)
    size = sum(choice.message.size() for choice in told.choices if choice.message is not None)
    return ReplyFacts(usage.read(told.usage), told.model, told.id, Usage(output=tokens.of_length(size)))


def _read_loosely(body: bytes) -> ReplyFacts:
    try:
        told = _LOOSE.decode(document.readable(body))
    except UNREADABLE:
        raise UpstreamGarbage("The provider's answer is not whole JSON.") from None
    if not bytes(told.choices).startswith(b"["):
        failure.refuse(told.error, "a chat completion")
    return ReplyFacts(usage.read(told.usage), None, None, Usage(output=tokens.of_length(tokens.of_text(told.choices))))
