"""OpenAI embeddings: requests and replies. There is no stream."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta, Raw, Struct

from headgate.core.errors import UpstreamGarbage
from headgate.core.ports import Codec, ReplyFacts
from headgate.core.usage import Usage
from headgate.wire import failure, tokens, typed
from headgate.wire.document import NOTHING, UNREADABLE, Document
from headgate.wire.openai_chat import errors, usage

_Text = Annotated[str, Meta(min_length=1)]
_Tokens = Annotated[list[int], Meta(min_length=1)]


class _Fields(Struct, gc=False):
    model: _Text
    input: _Text | Annotated[list[_Text | int | _Tokens], Meta(min_length=1)]


class _Vector(Struct, gc=False):
    embedding: Raw


class _Reply(Struct, gc=False):
    data: list[_Vector] | None = None
    model: str | None = None
    usage: Raw = NOTHING
    error: Raw = NOTHING


_FIELDS = msgspec.json.Decoder(_Fields)
_REPLY = msgspec.json.Decoder(_Reply)
_STAND_INS = {"input": b'["-"]'}


class EmbeddingsRequest(Struct, frozen=True, gc=False):
    """A request for embeddings as the pipeline sees it."""

    document: Document
    model: str
    stream: bool = False
    max_output: int | None = 0

    def patched(self, model: str, stream_usage: Mapping[str, bool]) -> bytes:
        return self.document.replaced({"model": msgspec.json.encode(model)}) if model != self.model else self.document.body

    def estimate(self) -> Usage:
        return Usage(input=tokens.of_prompt(self.document, ("input",)))


def read_request(body: bytes) -> EmbeddingsRequest:
    """The request in this body. Raises BadRequest."""
    found = Document(body)
    return EmbeddingsRequest(document=found, model=typed.fields(found, _FIELDS, _STAND_INS).model)


def read_reply(body: bytes) -> ReplyFacts:
    """The facts of a reply. Raises UpstreamGarbage, and UpstreamError for an error that came with a status of success."""
    try:
        told = _REPLY.decode(body)
    except msgspec.ValidationError:
        raise UpstreamGarbage("The provider's answer is not a list of embeddings.") from None
    except UNREADABLE:
        raise UpstreamGarbage("The provider's answer is not whole JSON.") from None
    if told.data is None:
        failure.refuse(told.error, "a list of embeddings")
    return ReplyFacts(usage.read(told.usage), told.model, None, Usage())


CODEC = Codec(
    name="openai_embeddings",
    read_request=read_request,
    read_reply=read_reply,
    is_error=errors.is_error,
    scanner=None,
    write_error=errors.write,
    write_stream_error=errors.write_event,
    keep_alive=b"",
    request_id_header=b"x-request-id",
)
