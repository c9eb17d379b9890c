"""A Messages request, and the request to count its tokens: what the gateway decides by, and the body with the model's name edited."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from headgate.core.usage import Usage
from headgate.wire import tokens, typed
from headgate.wire.document import Document

_Text = Annotated[str, Meta(min_length=1)]


class _Message(Struct, gc=False):
    role: str


class _CountFields(Struct, gc=False):
    model: _Text
    messages: Annotated[list[_Message], Meta(min_length=1)]


class _Fields(Struct, gc=False):
    model: _Text
    messages: Annotated[list[_Message], Meta(min_length=1)]
    max_tokens: Annotated[int, Meta(ge=0, le=typed.MOST)]
    """0 fills the prompt cache and produces nothing."""
    stream: bool | None = None


_FIELDS = msgspec.json.Decoder(_Fields)
_COUNT_FIELDS = msgspec.json.Decoder(_CountFields)
_STAND_INS = {"messages": b'[{"role":"user"}]'}
_PROMPT = ("messages", "system", "tools")


class MessageRequest(Struct, frozen=True, gc=False):
    """A Messages request as the pipeline sees it."""

    document: Document
    model: str
    stream: bool
    max_output: int | None

    def patched(self, model: str, stream_usage: Mapping[str, bool]) -> bytes:
        """Usage comes unasked in this format."""
        return self.document.replaced({"model": msgspec.json.encode(model)}) if model != self.model else self.document.body

    def estimate(self) -> Usage:
        return Usage(input=tokens.of_prompt(self.document, _PROMPT))


class CountRequest(MessageRequest, frozen=True, gc=False):
    """A request to count tokens: it produces none and costs nothing."""

    def estimate(self) -> Usage:
        return Usage()


def read(body: bytes) -> MessageRequest:
    """The request in this body. Raises BadRequest."""
    document = Document(body)
    fields = typed.fields(document, _FIELDS, _STAND_INS)
    return MessageRequest(document=document, model=fields.model, stream=fields.stream is True, max_output=fields.max_tokens)


def read_count(body: bytes) -> CountRequest:
    """The request in this body. Raises BadRequest."""
    document = Document(body)
    fields = typed.fields(document, _COUNT_FIELDS, _STAND_INS)
    return CountRequest(document=document, model=fields.model, stream=False, max_output=0)
