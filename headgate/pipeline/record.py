"""The record of one request: opened when it begins, settled once however it ends, before the client can know the end (M1, O1)."""

from __future__ import annotations

import asyncio
import logging
from time import monotonic
from types import TracebackType

from msgspec.structs import replace

from headgate.core.access import Key
from headgate.core.errors import (
    CallerError,
    EgressRefused,
    GatewayStopping,
    HeadgateError,
    JournalUnavailable,
    ProviderAnswer,
    UpstreamError,
    UpstreamOverloaded,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from headgate.core.money import dollars
from headgate.core.ports import Codec, Deployment, Exchange, Headers, Request, StreamScanner
from headgate.core.record import Admitted, Attempt, Outcome, Settled
from headgate.core.route import Route
from headgate.core.usage import Usage, UsageSource
from headgate.pipeline.gateway import Gateway
from headgate.upstream.transport import HttpReply

log = logging.getLogger("headgate")

UNSENT = (UpstreamUnreachable, EgressRefused, UpstreamOverloaded)
"""What ends an attempt before the provider has taken the request: nothing was used."""

THEIR_ID = frozenset((b"x-request-id", b"request-id"))
"""Where providers name a request, for when they have to be asked about it."""
ID_LIMIT = 128
ALIAS_LIMIT = 256
"""The most characters that are kept of a model name that a client made up."""


class Record:
    """What is known of a request so far."""

    __slots__ = (
        "_exchange",
        "_gateway",
        "_id_header",
        "_start",
        "_trying_id",
        "_trying_since_us",
        "_trying_status",
        "at_us",
        "attempts",
        "deployment",
        "exposed",
        "first_byte_us",
        "first_content_us",
        "id",
        "key",
        "queue_us",
        "request",
        "route",
        "scanner",
        "settled",
    )

    def __init__(self, gateway: Gateway, exchange: Exchange, route: str, id_header: bytes = b"x-request-id") -> None:
        self._gateway = gateway
        self._exchange = exchange
        self._id_header = id_header
        self._start = monotonic()
        self.at_us = at_us = gateway.clock.now_us()
        self.id = gateway.new_id(at_us)
        self.route = route
        self.key: Key | None = None
        self.request: Request | None = None
        self.deployment: Deployment | None = None
        """The one that is being tried, or that answered."""
        self.attempts: list[Attempt] = []
        self._trying_since_us: int | None = None
        self._trying_status = 0
        self._trying_id: str | None = None
        self.queue_us: int | None = None
        self.first_byte_us: int | None = None
        self.first_content_us: int | None = None
        self.exposed = False
        """A provider has the request and may charge for it."""
        self.scanner: StreamScanner | None = None
        """What watches the stream that is being passed on."""
        self.settled: Settled | None = None

    def elapsed_us(self) -> int:
        return int((monotonic() - self._start) * 1e6)

    def since_us(self, moment: float) -> int:
        """Microseconds from the beginning to a moment of the loop's clock, which may be a turn of the loop behind."""
        return max(0, int((moment - self._start) * 1e6))

    def admit(self, deployment: Deployment) -> None:
        """Write the entry that makes the request survive a crash. Raises JournalUnavailable: nothing is served unrecorded."""
        key, request = self.key, self.request
        assert key is not None and request is not None
        estimate, price = request.estimate(), deployment.price
        self._gateway.journal.admitted(
            Admitted(
                id=self.id,
                at_us=self.at_us,
                route=self.route,
                key_id=key.id,
                team_id=key.team_id,
                alias=request.model,
                deployment=deployment.name,
                provider=deployment.provider.name,
                model=deployment.model,
                stream=request.stream,
                estimate=estimate,
                estimate_nano=None if price is None else price.cost_nano(estimate),
                price_version=None if price is None else price.version,
            )
        )

    def begin_attempt(self, deployment: Deployment) -> None:
        self.deployment, self.scanner = deployment, None
        self._trying_since_us, self._trying_status, self._trying_id = self.elapsed_us(), 0, None
        self.exposed = True

    def end_attempt(self, error: UpstreamError | None) -> None:
        """Close the note of the attempt that runs, if one does."""
        deployment = self.deployment
        if self._trying_since_us is None or deployment is None:
            return
        failure = None if error is None else error.code
        ended_us, since_us, self._trying_since_us = self.elapsed_us(), self._trying_since_us, None
        provider = deployment.provider.name
        status, their_id = self._trying_status, self._trying_id
        self.attempts.append(Attempt(deployment.name, provider, deployment.model, since_us, ended_us, status, failure, their_id))
        if isinstance(error, UNSENT) or (isinstance(error, UpstreamTimeout) and error.which == "connect"):
            self.exposed = False

    def answered(self, reply: HttpReply) -> None:
        """Note when the request was handed over and when the provider began to answer."""
        self.queue_us = self.since_us(reply.written_at)
        self.first_byte_us = self.since_us(reply.head_at)
        self._trying_status = reply.status
        for name, value in reply.headers:
            if name in THEIR_ID:
                self._trying_id = value[:ID_LIMIT].decode("latin-1")

    @property
    def status_sent(self) -> int:
        """The status of the stream that the client is reading; 0 where it has seen nothing yet."""
        return self._trying_status if self._exchange.started else 0

    def settle(self, outcome: Outcome, status_code: int, usage: Usage | None, source: UsageSource, error: str | None = None) -> Settled:
        """Write the truth about the request. Only the first call counts; raises JournalUnavailable."""
        if self.settled is not None:
            return self.settled
        self.end_attempt(None)
        request, deployment, key = self.request, self.deployment, self.key
        if outcome == "ok" and self._exchange.gone:
            outcome = "client_gone"
        price = deployment.price if deployment is not None else None
        charged = usage if usage is not None else Usage()
        cost = 0 if source == "none" else None if price is None else price.cost_nano(charged)
        self.settled = settled = Settled(
            id=self.id,
            at_us=self.at_us,
            route=self.route,
            outcome=outcome,
            status_code=status_code,
            error=error,
            key_id=None if key is None else key.id,
            team_id=None if key is None else key.team_id,
            alias=None if request is None else request.model[:ALIAS_LIMIT],
            deployment=None if deployment is None else deployment.name,
            provider=None if deployment is None else deployment.provider.name,
            model=None if deployment is None else deployment.model,
            stream=request is not None and request.stream,
            queue_us=self.queue_us,
            upstream_first_byte_us=self.first_byte_us,
            first_content_us=self.first_content_us,
            total_us=self.elapsed_us(),
            usage=charged,
            usage_source=source,
            cost_nano=cost,
            price_version=None if price is None else price.version,
            attempts=tuple(self.attempts),
        )
        try:
            self._gateway.journal.settled(settled)
        except JournalUnavailable:
            self.settled = None
            raise
        return settled

    def spent(self) -> tuple[Usage | None, UsageSource]:
        """What the request has used by now, and who says so: for requests that do not end by themselves."""
        if not self.exposed or self.request is None:
            return None, "none"
        scanner = self.scanner
        if scanner is None:
            return self.request.estimate(), "estimated"
        counted = self.with_output(scanner.produced)
        if scanner.usage is None:
            return counted, "estimated"
        unreported = max(0, counted.output - scanner.usage.completion)
        return replace(scanner.usage, output=scanner.usage.output + unreported), "partial"

    def with_output(self, produced: Usage) -> Usage:
        """Our own count of input and of what was produced, never more than the caller asked for at most."""
        assert self.request is not None
        limit = self.request.max_output
        return replace(self.request.estimate(), output=produced.completion if limit is None else min(produced.completion, limit))

    def headers(self) -> Headers:
        """What the gateway tells the client of its own doings."""
        own: Headers = [(b"x-headgate-request-id", self.id.encode())]
        tried = len(self.attempts) + (self._trying_since_us is not None)
        if self.deployment is not None and tried:
            own.append((b"x-headgate-deployment", self.deployment.name.encode("ascii", "replace")))
            own.append((b"x-headgate-attempts", b"%d" % tried))
        if self.settled is not None and self.settled.cost_nano is not None and self.attempts:
            own.append((b"x-headgate-cost-usd", dollars(self.settled.cost_nano).encode()))
        if self.queue_us is not None and self.first_byte_us is not None:
            upstream_us = self.first_byte_us - self.queue_us
            own.append((b"server-timing", b"queue;dur=%.2f, upstream;dur=%.2f" % (self.queue_us / 1e3, upstream_us / 1e3)))
        return own

    def signed(self, headers: Headers) -> Headers:
        """An answer's headers and our own. Its clients find a request's id where they look for it: ours, if no provider gave one."""
        own = self.headers()
        for name, _ in headers:
            if name == self._id_header:
                break
        else:
            own.append((self._id_header, self.id.encode()))
        return headers + own


class kept:  # noqa: N801, RUF100 - read as a verb: `with kept(…) as record`
    """A record that is settled when the block is left, whichever way; refusals and failures are answered here, in one place."""

    __slots__ = ("_exchange", "_record", "_route")

    def __init__(self, gateway: Gateway, exchange: Exchange, route: Route) -> None:
        self._exchange = exchange
        self._route = route
        self._record = Record(gateway, exchange, route.name, route.codec.request_id_header)

    def __enter__(self) -> Record:
        return self._record

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        record, exchange = self._record, self._exchange
        match error:
            case None:
                return False
            case HeadgateError():
                answer_error(record, exchange, self._route.codec, error)
            case asyncio.CancelledError():
                leave(record, exchange, self._route.codec)
                return False
            case Exception():
                log.error("request_failed request=%s route=%s", record.id, record.route, exc_info=error)
                failure = HeadgateError("The gateway failed on this request; its log says why.")
                answer_error(record, exchange, self._route.codec, failure)
            case _:
                return False
        return True


def leave(record: Record, exchange: Exchange, codec: Codec) -> None:
    """Settle a request that is given up: its client is gone, or the gateway stops, which its client is told."""
    stopping = GatewayStopping("The gateway is stopping and cannot finish this answer. Send the request again.")
    whole = ProviderAnswer(*codec.write_error(stopping, record.id))
    try:
        if exchange.gone:
            record.settle("client_gone", record.status_sent, *record.spent(), error="cancelled")
        else:
            record.settle("interrupted", record.status_sent or whole.status, *record.spent(), error=stopping.code)
    except JournalUnavailable:
        log.error("record_unwritten request=%s", record.id)
    if exchange.gone:
        exchange.abort()
    else:
        tell(record, exchange, codec, stopping, whole)


def answer_error(record: Record, exchange: Exchange, codec: Codec, error: HeadgateError) -> None:
    """Settle, then tell the client: as a whole answer, or as the last event of a stream that has begun."""
    status, headers, body = codec.write_error(error, record.id)
    if isinstance(error, UpstreamError) and error.answer is not None:
        status, headers, body = error.answer
    outcome: Outcome = "refused" if isinstance(error, CallerError) else "truncated" if exchange.started else "error"
    try:
        if not isinstance(error, JournalUnavailable):
            record.settle(outcome, record.status_sent or status, *record.spent(), error=error.code)
    except JournalUnavailable as unwritable:
        error = unwritable
        status, headers, body = codec.write_error(error, record.id)
    tell(record, exchange, codec, error, ProviderAnswer(status, headers, body))


def tell(record: Record, exchange: Exchange, codec: Codec, error: HeadgateError, whole: ProviderAnswer) -> None:
    """Let the client know: by a whole answer where none has begun, else by the last event of its stream."""
    if not exchange.started:
        exchange.reply(whole.status, record.signed(whole.headers), whole.body)
    elif codec.scanner is not None:
        exchange.write(codec.write_stream_error(error, record.id))
        exchange.end()
    else:
        exchange.abort()
