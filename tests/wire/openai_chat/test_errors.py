"""The official client turns every refusal into its own exception type."""

from __future__ import annotations

import json

import httpx2
import openai
import pytest

from headgate.core import errors as core
from headgate.core.errors import HeadgateError
from headgate.wire import openai_chat
from headgate.wire.openai_chat import errors
from tests.support import wire

WRITE = openai_chat.CODEC.write_error


def client(answers: list[httpx2.Response]) -> openai.OpenAI:
    """The official client, answered with these, one after the other."""
    transport = httpx2.MockTransport(lambda request: answers.pop(0))
    return openai.OpenAI(api_key="none", base_url="http://127.0.0.1:1/v1", http_client=httpx2.Client(transport=transport))


def answer(error: HeadgateError) -> httpx2.Response:
    status, headers, body = WRITE(error, "req_1")
    return httpx2.Response(status, headers=headers, content=body)


def raised(error: HeadgateError) -> openai.APIStatusError:
    """What the client makes of a refusal."""
    asking = client([answer(error)]).with_options(max_retries=0)
    with pytest.raises(openai.APIStatusError) as found:
        asking.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
    return found.value


@pytest.mark.parametrize(
    ("error", "kind", "status"),
    [
        (core.BadRequest("n: no.", param="n"), openai.BadRequestError, 400),
        (core.Unauthenticated("Send a key."), openai.AuthenticationError, 401),
        (core.ModelNotFound("No such model."), openai.NotFoundError, 404),
        (core.MethodNotAllowed("Use POST."), openai.APIStatusError, 405),
        (core.BodyTooSlow("Too slow."), openai.APIStatusError, 408),
        (core.BodyTooLarge("Too large."), openai.APIStatusError, 413),
        (core.UpstreamRateLimited("Later.", retry_after_s=3), openai.RateLimitError, 429),
        (core.HeadgateError("Oh."), openai.InternalServerError, 500),
        (core.UpstreamGarbage("Garbage."), openai.InternalServerError, 502),
        (core.UpstreamRefusedCredential("Ours."), openai.InternalServerError, 502),
        (core.UpstreamOverloaded("Busy."), openai.InternalServerError, 503),
        (core.JournalUnavailable("Disk full."), openai.InternalServerError, 503),
        (core.UpstreamTimeout("first_byte", 1000), openai.InternalServerError, 504),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, HeadgateError) else None,
)
def test_the_client_raises_its_own_type(error: HeadgateError, kind: type[Exception], status: int) -> None:
    found = raised(error)
    assert isinstance(found, kind)
    assert (found.status_code, found.code, found.param) == (status, error.code, error.param)
    assert error.message in found.message


def test_every_kind_has_its_words() -> None:
    assert set(errors.WORDS) == set(core.Kind.__args__)  # type: ignore[attr-defined]


def test_all_four_members_are_there() -> None:
    _, headers, body = WRITE(core.Unauthenticated("Send a key."), "req_1")
    assert json.loads(body) == {
        "error": {"message": "Send a key.", "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    }
    assert headers == [(b"content-type", b"application/json"), (b"x-should-retry", b"false")]


def test_a_stream_ends_with_an_error_and_no_terminator() -> None:
    event = openai_chat.CODEC.write_stream_error(core.UpstreamCut("It broke\n\noff \ud83d."), "req_1")
    assert event.startswith(b"data: {")
    assert event.endswith(b"}\n\n")
    assert event.count(b"\n") == 2
    told = json.loads(event[6:])
    assert told == {"error": {"message": "It broke\n\noff ?.", "type": "server_error", "param": None, "code": "upstream_truncated"}}


def test_the_client_tries_again_only_where_it_helps() -> None:
    again, never = [answer(core.JournalUnavailable("Full.", retry_after_s=0))] * 3, [answer(core.UpstreamRefusedCredential("Ours."))] * 3
    for answers, left in ((again, 0), (never, 2)):
        with pytest.raises(openai.InternalServerError):
            client(answers).models.list()
        assert len(answers) == left


def test_the_client_raises_in_the_middle_of_a_stream() -> None:
    event = openai_chat.CODEC.write_stream_error(core.UpstreamCut("It broke off."), "req_1")
    body = wire.stream("openai_chat", "cut").rpartition(b"data: ")[0] + event
    answers = [httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=body)]
    chunks = client(answers).chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}], stream=True)
    assert next(chunks).choices[0].delta.content == "Once upon"
    with pytest.raises(openai.APIError, match="It broke off"):
        next(chunks)


@pytest.mark.parametrize(
    ("body", "readable"),
    [
        (b'{"error":{"message":"m","type":"t","param":null,"code":500}}', True),
        (b'{"error":{"message":"m"}}', True),
        (b'{"error":"m"}', False),
        (b'{"object":"error","message":"m"}', False),
        (b'{"detail":"m"}', False),
        (b"<html>", False),
        (b"", False),
        (b"\xff", False),
        (b"[" * 90_000, False),
    ],
)
def test_what_the_client_can_read_is_an_error_of_this_dialect(body: bytes, readable: bool) -> None:
    assert openai_chat.CODEC.is_error(body) is readable
