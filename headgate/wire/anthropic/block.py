"""What a model says in one content block or one delta of it, read only as far as its length."""

from __future__ import annotations

from msgspec import Raw, Struct

from headgate.wire import tokens
from headgate.wire.document import NOTHING

_SPOKEN = ("", "text", "thinking")


class Block(Struct, gc=False):
    type: str = ""
    text: Raw = NOTHING
    thinking: Raw = NOTHING
    input: Raw = NOTHING
    """What a tool is called with, as an object."""
    partial_json: Raw = NOTHING
    data: Raw = NOTHING
    """Thinking that is not shown."""

    def size(self) -> int:
        """Bytes of text, thinking and tool arguments."""
        size = tokens.of_text(self.text) + tokens.of_text(self.partial_json) + tokens.of_text(self.thinking)
        return size + tokens.of_text(self.input) + tokens.of_text(self.data)

    def has_content(self) -> bool:
        """Whether the caller gets something to see or do: a tool call or a result is something even before its arguments come."""
        return self.size() > 0 or self.type not in _SPOKEN
