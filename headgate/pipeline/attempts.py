"""Tries deployments in turn until one answers. What fails before the client has seen a byte stays invisible to it (R1, R2)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from headgate.core.errors import ProviderAnswer, UpstreamError, UpstreamGarbage
from headgate.core.ports import Codec, Deployment, Exchange, Request
from headgate.pipeline import relay
from headgate.pipeline.gateway import Gateway
from headgate.pipeline.record import Record
from headgate.upstream import send
from headgate.upstream.transport import HttpReply

ERROR_BODY_LIMIT_BYTES = 1_048_576
BACK_OFF_S = 0.1
BACK_OFF_LIMIT_S = 2.0


async def run(gateway: Gateway, record: Record, exchange: Exchange, codec: Codec, candidates: Sequence[Deployment]) -> None:
    """Answer the client from the first candidate that can; raises the last UpstreamError where none could."""
    tries = gateway.max_attempts
    for number in range(tries):
        record.begin_attempt(candidates[number % len(candidates)])
        try:
            await attempt(gateway, record, exchange, codec)
            return
        except UpstreamError as error:
            record.end_attempt(error)
            again = number + 1 >= len(candidates)
            # What repeating cannot mend, a refused credential for one, another candidate may still do.
            if exchange.started or number + 1 == tries or (again and not error.retryable):
                raise
            if again:
                await back_off(gateway, number + 1, error)


async def back_off(gateway: Gateway, tried: int, error: UpstreamError) -> None:
    """Wait before the same deployment is tried again; raises the error where its provider asks for more time than a caller has."""
    # With full jitter, so that callers that failed together do not come back together.
    wait_s = max(gateway.dice() * min(BACK_OFF_LIMIT_S, BACK_OFF_S * 2**tried), error.retry_after_s or 0)
    if wait_s > BACK_OFF_LIMIT_S:
        raise error
    await asyncio.sleep(wait_s)


async def attempt(gateway: Gateway, record: Record, exchange: Exchange, codec: Codec) -> None:
    """One upstream call, passed on to the client if it is good."""
    request, deployment = record.request, record.deployment
    assert request is not None and deployment is not None
    body = request.patched(deployment.model, deployment.provider.stream_usage)
    reply = await gateway.transport.open(send.call(exchange, deployment, codec.name, body))
    try:
        record.answered(reply)
        if reply.status >= 400:
            await pass_refusal(reply, record, exchange, codec, deployment)
        elif is_stream(reply, request):
            await relay.stream(reply, record, exchange, codec)
        else:
            await relay.whole(reply, record, exchange, codec)
    finally:
        reply.close()


def is_stream(reply: HttpReply, request: Request) -> bool:
    """Whether events come: asked for, and not answered by plain JSON (an error, or a server that cannot stream) or a page of HTML."""
    return request.stream and not any(name == b"content-type" and (b"json" in value or b"html" in value) for name, value in reply.headers)


async def pass_refusal(reply: HttpReply, record: Record, exchange: Exchange, codec: Codec, deployment: Deployment) -> None:
    """Raise what the refusal means, or pass it on where it is about the request itself."""
    record.exposed = False  # providers do not charge for what they refuse
    body = await reply.read(ERROR_BODY_LIMIT_BYTES)
    error = send.refusal(reply.status, deployment.provider.name, reply.headers)
    readable = codec.is_error(body)
    passed = ProviderAnswer(reply.status, send.passed_back(reply.headers), body)
    if error is not None:
        if readable and reply.status not in send.CREDENTIAL_STATUSES:
            error.answer = passed
        raise error
    if not readable:
        raise UpstreamGarbage(f"The provider {deployment.provider.name!r} refused with status {reply.status} and an unreadable answer.")
    record.settle("error", reply.status, None, "none", f"upstream_{reply.status}")
    exchange.reply(passed.status, record.signed(passed.headers), passed.body)
