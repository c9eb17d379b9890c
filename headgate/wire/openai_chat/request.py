"""A chat request: what the gateway decides by, and the body with the two edits a provider needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from headgate.core.errors import BadRequest
from headgate.core.usage import Usage
from headgate.wire import tokens, typed
from headgate.wire.document import Document

_Text = Annotated[str, Meta(min_length=1)]
_Count = Annotated[int, Meta(ge=1, le=typed.MOST)]


class _Message(Struct, gc=False):
    role: str


class _StreamOptions(Struct, gc=False):
    include_usage: bool | None = None


class _Fields(Struct, gc=False):
    model: _Text
    messages: Annotated[list[_Message], Meta(min_length=1)]
    stream: bool | None = None
    stream_options: _StreamOptions | None = None
    max_completion_tokens: _Count | None = None
    max_tokens: _Count | None = None
    n: _Count | None = None


_FIELDS = msgspec.json.Decoder(_Fields)
_STAND_INS = {"messages": b'[{"role":"user"}]'}
_PROMPT = ("messages", "tools", "functions", "response_format")


class ChatRequest(Struct, frozen=True, gc=False):
    """A chat request as the pipeline sees it."""

    document: Document
    model: str
    stream: bool
    max_output: int | None
    choices: int
    shows_usage: bool
    """The client itself asked for usage in its stream."""

    def patched(self, model: str, stream_usage: Mapping[str, bool]) -> bytes:
        edits: dict[str, bytes | None] = {}
        if model != self.model:
            edits["model"] = msgspec.json.encode(model)
        if self.stream and stream_usage and not self.shows_usage:
            edits["stream_options"] = self._stream_options(stream_usage)
        return self.document.replaced(edits) if edits else self.document.body

    def estimate(self) -> Usage:
        return Usage(input=tokens.of_prompt(self.document, _PROMPT))

    def _stream_options(self, stream_usage: Mapping[str, bool]) -> bytes:
        """The client's own options with the request for usage; in all else the client's word stands."""
        raw = bytes(self.document.raw("stream_options"))
        if not raw.startswith(b"{"):
            return msgspec.json.encode(stream_usage)
        options = Document(raw)
        edits = {
            key: b"true" if on else b"false" for key, on in stream_usage.items() if key == "include_usage" or key not in options.members
        }
        return options.replaced(edits)


def read(body: bytes) -> ChatRequest:
    """The request in this body. Raises BadRequest."""
    document = Document(body)
    fields = typed.fields(document, _FIELDS, _STAND_INS)
    stream = fields.stream is True
    options = fields.stream_options
    if options is not None:
        if not stream:
            raise BadRequest("stream_options: only allowed together with stream: true.", param="stream_options")
        Document(bytes(document.raw("stream_options")))  # refuses what is there twice
    choices = fields.n or 1
    limits = [limit for limit in (fields.max_completion_tokens, fields.max_tokens) if limit is not None]
    return ChatRequest(
        document=document,
        model=fields.model,
        stream=stream,
        max_output=max(limits) * choices if limits else None,
        choices=choices,
        shows_usage=options is not None and options.include_usage is True,
    )
