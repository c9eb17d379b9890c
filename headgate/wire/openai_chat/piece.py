"""What a model says in one message or one delta of it, read only as far as its length."""

from __future__ import annotations

from msgspec import Raw, Struct

from headgate.wire import tokens
from headgate.wire.document import NOTHING


class Function(Struct, gc=False):
    name: Raw = NOTHING
    arguments: Raw = NOTHING
    input: Raw = NOTHING
    """What a custom tool is called with."""

    def size(self) -> int:
        return tokens.of_text(self.name) + tokens.of_text(self.arguments) + tokens.of_text(self.input)


class Call(Struct, gc=False):
    function: Function | None = None
    custom: Function | None = None

    def size(self) -> int:
        return (self.function.size() if self.function else 0) + (self.custom.size() if self.custom else 0)


class Audio(Struct, gc=False):
    transcript: Raw = NOTHING
    data: Raw = NOTHING


class Piece(Struct, gc=False):
    """A message or a delta. Several servers have their own name for reasoning."""

    content: Raw = NOTHING
    reasoning_content: Raw = NOTHING
    reasoning: Raw = NOTHING
    refusal: Raw = NOTHING
    tool_calls: list[Call] | None = None
    function_call: Function | None = None
    audio: Audio | None = None

    def size(self) -> int:
        """Bytes of text, spoken text and tool arguments."""
        content = self.content
        length = len(content)
        size = length - 2 if length > 4 else tokens.of_text(content)
        if self.reasoning is not NOTHING or self.reasoning_content is not NOTHING:  # the same text, where both are there
            size += max(tokens.of_text(self.reasoning), tokens.of_text(self.reasoning_content))
        if self.refusal is not NOTHING:
            size += tokens.of_text(self.refusal)
        if self.tool_calls is not None:
            size += sum(call.size() for call in self.tool_calls)
        if self.function_call is not None:
            size += self.function_call.size()
        if self.audio is not None:
            size += tokens.of_text(self.audio.transcript)
        return size

    def has_content(self) -> bool:
        """Whether the caller gets something to see, hear or do."""
        return bool(self.tool_calls) or self.size() > 0 or (self.audio is not None and len(self.audio.data) > len('""'))
