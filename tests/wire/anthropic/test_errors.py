"""The official client turns every refusal into its own exception type."""

from __future__ import annotations

import json

import anthropic as sdk
import httpx2
import pytest

from headgate.core import errors as core
from headgate.core.errors import HeadgateError
from headgate.wire import anthropic
from headgate.wire.anthropic import errors
from tests.support import wire

WRITE = anthropic.CODEC.write_error


def client(answer: httpx2.Response) -> sdk.Anthropic:
    """The official client, answered with this."""
    transport = httpx2.MockTransport(lambda request: answer)
    return sdk.Anthropic(api_key="none", base_url="http://127.0.0.1:1", max_retries=0, http_client=httpx2.Client(transport=transport))


def raised(error: HeadgateError) -> sdk.APIStatusError:
    """What the client makes of a refusal."""
    status, headers, body = WRITE(error, "req_1")
    asking = client(httpx2.Response(status, headers=headers, content=body))
    with pytest.raises(sdk.APIStatusError) as found:
        asking.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
    return found.value


@pytest.mark.parametrize(
    ("error", "kind", "status", "word"),
    [
        (core.BadRequest("n: no.", param="n"), sdk.BadRequestError, 400, "invalid_request_error"),
        (core.Unauthenticated("Send a key."), sdk.AuthenticationError, 401, "authentication_error"),
        (core.ModelNotFound("No such model.", param="model"), sdk.NotFoundError, 404, "not_found_error"),
        (core.MethodNotAllowed("Use POST."), sdk.APIStatusError, 405, "invalid_request_error"),
        (core.BodyTooSlow("Too slow."), sdk.APIStatusError, 408, "timeout_error"),
        (core.BodyTooLarge("Too large."), sdk.APIStatusError, 413, "request_too_large"),
        (core.UpstreamRateLimited("Later.", retry_after_s=3), sdk.RateLimitError, 429, "rate_limit_error"),
        (core.HeadgateError("Oh."), sdk.InternalServerError, 500, "api_error"),
        (core.UpstreamGarbage("Garbage."), sdk.InternalServerError, 500, "api_error"),
        (core.JournalUnavailable("Disk full."), sdk.InternalServerError, 503, "api_error"),
        (core.UpstreamTimeout("first_byte", 1000), sdk.InternalServerError, 504, "timeout_error"),
        (core.UpstreamOverloaded("Busy."), sdk.InternalServerError, 529, "overloaded_error"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, HeadgateError) else None,
)
def test_the_client_raises_its_own_type(error: HeadgateError, kind: type[Exception], status: int, word: str) -> None:
    found = raised(error)
    assert isinstance(found, kind)
    assert found.status_code == status
    expected = {"type": word, "message": error.message, "details": {"error_code": error.code}}
    assert found.body == {"type": "error", "error": expected, "request_id": "req_1"}


def test_every_kind_has_its_words() -> None:
    assert set(errors.WORDS) == set(core.Kind.__args__)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            core.BadRequest("messages[0].role: this field is required.", param="messages[0].role"),
            "messages[0].role: this field is required.",
        ),
        (core.NotServedHere("It is not served here.", param="model"), "model: It is not served here."),
    ],
)
def test_the_message_begins_with_the_path(error: HeadgateError, message: str) -> None:
    assert json.loads(WRITE(error, "req_1")[2])["error"]["message"] == message


def test_a_stream_ends_with_an_error_event() -> None:
    event = anthropic.CODEC.write_stream_error(core.UpstreamCut("It broke\noff."), "req_1")
    assert event.startswith(b'event: error\ndata: {"type":"error",')
    assert event.endswith(b"}\n\n")
    assert event.count(b"\n") == 3


def test_the_client_raises_in_the_middle_of_a_stream() -> None:
    event = anthropic.CODEC.write_stream_error(core.UpstreamCut("It broke off."), "req_1")
    body = wire.stream("anthropic", "cut").rpartition(b"event: ")[0] + event
    asking = client(httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body))
    events = asking.messages.create(model="m", max_tokens=9, messages=[{"role": "user", "content": "hi"}], stream=True)
    assert [next(events).type for _ in range(3)] == ["message_start", "content_block_start", "content_block_delta"]
    with pytest.raises(sdk.APIStatusError, match="It broke off"):
        next(events)


@pytest.mark.parametrize(
    ("body", "readable"),
    [
        (b'{"type":"error","error":{"type":"api_error","message":"m"},"request_id":"r"}', True),
        (b'{"error":{"type":"api_error","message":"m"}}', False),
        (b'{"type":"error","error":{"message":"m"}}', False),
        (b'{"type":"message","error":{"type":"api_error","message":"m"}}', False),
        (b"<html>", False),
        (b"", False),
    ],
)
def test_what_the_client_can_read_is_an_error_of_this_dialect(body: bytes, readable: bool) -> None:
    assert anthropic.CODEC.is_error(body) is readable
    assert anthropic.COUNT_TOKENS.is_error(body) is readable
