"""Which dialect answers what, who may ask, and the faults that replace an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import msgspec

from headgate.simulator import anthropic_messages, openai_chat, openai_embeddings
from headgate.simulator.anthropic import ANTHROPIC
from headgate.simulator.coding import decode
from headgate.simulator.dialect import Dialect, Refused
from headgate.simulator.directive import BadDirective
from headgate.simulator.openai import OPENAI
from headgate.simulator.refusals import refused
from headgate.simulator.reply import Reply, Scene
from headgate.simulator.seen import Seen
from headgate.simulator.spoil import garbage_body, with_unknown_field

OWN_KEY = "sim-key"
"""The one key that is good under `auth=strict`; otherwise any key is."""

ROUTES: dict[str, tuple[Dialect, Callable[[bytes, Scene], Reply]]] = {
    "/v1/chat/completions": (OPENAI, openai_chat.answer),
    "/v1/embeddings": (OPENAI, openai_embeddings.answer),
    "/v1/messages": (ANTHROPIC, anthropic_messages.answer),
    "/v1/messages/count_tokens": (ANTHROPIC, anthropic_messages.count),
}
MODELS = "/v1/models"


def credential_of(headers: dict[bytes, bytes]) -> str:
    """The key that came with the request; empty where none did."""
    for name in (b"x-api-key", b"api-key"):
        if value := headers.get(name):
            return value.decode("latin-1").strip()
    scheme, _, key = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def answer(seen: Seen, headers: dict[bytes, bytes], scene: Scene) -> Reply:
    """The reply to any request: an answer, or the provider's own refusal, with the faults that the directive asks for."""
    dialect = _dialect(seen.path, headers)
    try:
        return _answered(dialect, seen, headers, scene)
    except BadDirective as cause:
        return refused(dialect, Refused(400, str(cause), code="simulator_directive"))
    except Refused as cause:
        return refused(dialect, cause)


def _dialect(path: str, headers: dict[bytes, bytes]) -> Dialect:
    if known := ROUTES.get(path):
        return known[0]
    return ANTHROPIC if b"anthropic-version" in headers or b"x-api-key" in headers else OPENAI


def _answered(dialect: Dialect, seen: Seen, headers: dict[bytes, bytes], scene: Scene) -> Reply:
    _check_route(dialect, seen)
    if not scene.credential:
        raise Refused(401, dialect.no_key)
    if seen.method == "GET":
        id = seen.path.removeprefix(MODELS).removeprefix("/")
        reply = Reply(dialect, body=dialect.shown(id) if id else dialect.listed(), directive=scene.direct(id))
    else:
        _check_headers(dialect, headers)
        reply = _spoken(dialect, ROUTES[seen.path][1], _body(seen, headers), scene)
    return _spoiled(reply, scene.credential)


def _check_route(dialect: Dialect, seen: Seen) -> None:
    for_models = seen.path == MODELS or seen.path.startswith(MODELS + "/")
    if not for_models and seen.path not in ROUTES:
        raise dialect.unknown_route(seen.method, seen.path)
    if seen.method != ("GET" if for_models else "POST"):
        raise Refused(405, f"Not allowed to {seen.method} on {seen.path}.")


def _check_headers(dialect: Dialect, headers: dict[bytes, bytes]) -> None:
    for name in dialect.needed_headers:
        if name.encode() not in headers:
            raise Refused(400, f"{name}: header is required")


def _body(seen: Seen, headers: dict[bytes, bytes]) -> bytes:
    try:
        return decode(headers.get(b"content-encoding", b"").decode("latin-1"), seen.body)
    except ValueError as cause:
        raise Refused(400, str(cause), code="request_body_encoding_invalid") from cause


def _spoken(dialect: Dialect, speak: Callable[[bytes, Scene], Reply], body: bytes, scene: Scene) -> Reply:
    try:
        return speak(body, scene)
    except msgspec.ValidationError as cause:  # "Object missing required field `model` - at `$.messages[0]`" and the like
        found = str(cause)
        missing = found.partition("required field `")[2].partition("`")[0]
        raise dialect.wrong_shape(missing, found.partition("at `$.")[2].rstrip("`")) from cause
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Refused(400, dialect.not_json) from cause


def _spoiled(reply: Reply, credential: str) -> Reply:
    """The reply with the faults that change it as a whole; those that come while it is sent are left to `play`."""
    wanted = reply.directive
    if wanted.auth == "fail" or (wanted.auth == "strict" and credential != OWN_KEY):
        return _failed(reply, Refused(401, reply.dialect.wrong_key, code=wanted.code))
    if wanted.status >= 400:
        return _failed(reply, Refused(wanted.status, "", code=wanted.code))
    if wanted.error_body:
        return replace(_failed(reply, Refused(500, "", code=wanted.code)), status=200)
    if wanted.status:
        reply = replace(reply, status=wanted.status)
    if wanted.garbage == "html":
        return replace(reply, body=garbage_body("html", b""), events=None, content_type="text/html")
    if reply.events is not None:
        return reply
    if wanted.garbage:
        return replace(reply, body=garbage_body(wanted.garbage, reply.body))
    return replace(reply, body=with_unknown_field(reply.body)) if wanted.unknown in ("fields", "both") else reply


def _failed(reply: Reply, cause: Refused) -> Reply:
    return replace(refused(reply.dialect, cause, reply.directive.retry_after), directive=reply.directive)
