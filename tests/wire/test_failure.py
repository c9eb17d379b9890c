"""A provider's error is named by its most telling word."""

from __future__ import annotations

import msgspec
import pytest
from msgspec import Raw

from headgate.core.errors import UpstreamError, UpstreamGarbage
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


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (b"", UpstreamGarbage, "The provider's answer is not a message."),
        (b"null", UpstreamGarbage, "The provider's answer is not a message."),
        (b'{"message":"Slow down"}', UpstreamError, "The provider answered with an error: Slow down"),
        (b'"over capacity"', UpstreamError, "The provider answered with an error: over capacity"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_what_the_provider_said(error: bytes, kind: type[UpstreamError], says: str) -> None:
    with pytest.raises(UpstreamError) as caught:
        failure.refuse(Raw(error), "a message")
    assert (type(caught.value), caught.value.message) == (kind, says)


@pytest.mark.parametrize(
    ("body", "fits"), [(b"7", True), (b'"7"', False), (b"7,", False), (b"", False), (b"\xff", False), (b"[" * 5_000, False)]
)
def test_a_body_fits_or_does_not(body: bytes, fits: bool) -> None:
    assert failure.fits(msgspec.json.Decoder(int), body) is fits
