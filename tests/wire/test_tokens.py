"""Our own count: about four bytes a token, and data is not text."""

from __future__ import annotations

import json

import msgspec
import pytest

from headgate.wire import tokens
from headgate.wire.document import Document

PIXELS = "iVBORw0KGgo" * 40_000


def of(content: object) -> int:
    return tokens.of_prompt(Document(json.dumps({"messages": content, "other": "x" * 9999}).encode()), ("messages", "tools"))


def test_text_is_counted_by_its_bytes() -> None:
    assert of("x" * 4000) == 1001
    assert of("x" * 400) == 101


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXELS}"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXELS}},
        {"type": "input_audio", "input_audio": {"data": PIXELS, "format": "wav"}},
    ],
)
def test_an_image_counts_as_an_image_wherever_it_stands(part: object) -> None:
    assert 2_000 < of([{"role": "user", "content": [{"type": "text", "text": "what is it?"}, part]}]) < 2_200
    assert 4_000 < of([{"role": "user", "content": [part, part]}]) < 4_400


def test_text_that_only_looks_like_data_is_text() -> None:
    assert of([{"data": "a sentence with spaces " * 100}]) > 550
    assert of("how to write a data:text/plain;base64, URL " * 100) > 1_000


def test_what_is_hidden_far_away_counts_as_text() -> None:
    assert of(["x" * (2 << 20), {"data": PIXELS}]) > (2 << 20) / 4 + len(PIXELS) / 4 - 10


@pytest.mark.parametrize(("raw", "size"), [(b"", 0), (b"null", 0), (b'""', 0), (b'"ab"', 2), (b'"a"', 1), (b"{}", 0), (b'"\\n"', 2)])
def test_text_is_what_stands_between_the_quotes(raw: bytes, size: int) -> None:
    assert tokens.of_text(msgspec.Raw(raw)) == size


@pytest.mark.parametrize(("size", "count"), [(0, 0), (1, 1), (4, 1), (5, 2)])
def test_some_text_is_at_least_one_token(size: int, count: int) -> None:
    assert tokens.of_length(size) == count
