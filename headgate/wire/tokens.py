"""Tokens by our own count, for where no provider has told us: about four bytes of text a token.

Counted on the JSON as it was sent, quotes and names included, so that for prose the count is rather too high than too low. It costs
nothing that grows with the text: only lengths are looked at, and the places where base64 data may begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import msgspec

from headgate.wire.document import Document

BYTES_PER_TOKEN = 4
MEDIA_TOKENS = 1_600
"""What an image of full size costs; recordings and documents are charged a little more with their length."""
_BYTES_PER_MEDIA_TOKEN = 1_000
_MEDIA_BYTES = 1_024
_MEDIA_PARTS = 1_000
_LOOK_BYTES = 1 << 20
"""How far to look for the next one. What is not found is counted as text, which is more."""
_MEDIA_MARKS = (b";base64,", b'"data"')
"""What stands before base64 data: in a data URL, and in a member of its own."""
_BASE64 = re.compile(rb'(?:[ \t\n\r]*:[ \t\n\r]*")?[A-Za-z0-9+/_=-]{256}')


def of_length(size: int) -> int:
    """Tokens in so many bytes of text; at least one if there is any."""
    return -(-size // BYTES_PER_TOKEN)


def of_prompt(document: Document, names: Iterable[str]) -> int:
    """Tokens in these members of a request. A long base64 string is an image, a recording or a document, and not text."""
    total, members = 0, document.members
    for name in names:
        raw = members.get(name)
        if raw is not None:
            size = len(raw)
            total += of_length(size) if size <= _MEDIA_BYTES else _of_span(document.body, *document.extent(name))
    return total


def of_text(raw: msgspec.Raw) -> int:
    """The bytes of text in a JSON value as a model produces it: without the quotes, none for null and for what is missing."""
    size = len(raw)
    return 0 if size <= 2 or (size == 4 and bytes(raw) == b"null") else size - 2


def _of_span(body: bytes, start: int, end: int) -> int:
    text, media = end - start, 0
    for mark in _MEDIA_MARKS:
        at = start
        for _ in range(_MEDIA_PARTS):
            found = body.find(mark, at, min(end, at + _LOOK_BYTES))
            if found < 0:
                break
            at = found + len(mark)
            if data := _BASE64.match(body, at, end):
                at = body.find(b'"', data.end())
                text -= at - found
                media += MEDIA_TOKENS + (at - found) // _BYTES_PER_MEDIA_TOKEN
    return media + of_length(text)
