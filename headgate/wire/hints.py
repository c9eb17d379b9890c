"""What every dialect says beside the body of an error: its type of content, whether to try again, and when."""

from __future__ import annotations

from headgate.core.errors import HeadgateError
from headgate.core.ports import Headers


def headers(error: HeadgateError) -> Headers:
    """Headers that the official clients obey before they look at the status."""
    said: Headers = [(b"content-type", b"application/json"), (b"x-should-retry", b"true" if error.retryable else b"false")]
    if error.retry_after_s is not None:
        said.append((b"retry-after", b"%d" % max(0, error.retry_after_s)))
    return said


def text(message: str) -> str:
    """A message that can be encoded: it may quote what a client sent, halves of characters included."""
    return message.encode("utf-8", "replace").decode()
