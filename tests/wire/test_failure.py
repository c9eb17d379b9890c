"""A provider's error is named by its most telling word."""

from __future__ import annotations

import pytest
from msgspec import Raw

from headgate.wire import failure


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (b"", None, None),
        (b"null", None, None),
        (b'""', None, None),
        (b'{"message":"Slow down","type":"requests","code":"rate_limit_exceeded"}', "rate_limit_exceeded", "Slow down"),
        (b'{"message":"Dead","type":"InternalServerError","code":500}', "InternalServerError", "Dead"),
        (b'{"message":"Dead","type":"x","code":"500"}', "x", "Dead"),
        (b'{"type":"rate_limit_error","details":{"error_code":"ramp"},"message":"m"}', "ramp", "m"),
        (b'"over capacity"', "error", "over capacity"),
        (b'{"message":7}', "error", "it did not say why"),
        (b'{"code":"\\ud83d"}', "\ufffd", "it did not say why"),
        (b'{"message":"' + b"x" * 900 + b'"}', "error", "x" * 500),
        (b"[" * 5_000 + b"]" * 5_000, "error", "error"),
    ],
)
def test_code_and_message(error: bytes, code: str | None, message: str | None) -> None:
    assert failure.code(Raw(error)) == code
    assert failure.message(Raw(error)) == message
