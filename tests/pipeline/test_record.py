"""The record of one request: settled once, before the client can know the end, whichever way the request goes."""

from __future__ import annotations

import asyncio
import json

import pytest

from headgate.core.access import Access, Key
from headgate.core.errors import (
    BadRequest,
    EgressRefused,
    HeadgateError,
    JournalUnavailable,
    ProviderAnswer,
    UpstreamCut,
    UpstreamError,
    UpstreamOverloaded,
    UpstreamReset,
    UpstreamTimeout,
    UpstreamUnreachable,
)
from headgate.core.ports import Deadlines
from headgate.core.record import Admitted, Settled
from headgate.core.usage import Usage
from headgate.front import routes
from headgate.pipeline.gateway import Gateway
from headgate.pipeline.record import ALIAS_LIMIT, Record, kept
from headgate.upstream.transport import Transport
from headgate.wire import openai_chat
from tests.support.exchange import FakeExchange
from tests.support.inside import ListJournal, catalog
from tests.support.ledger import SetClock

ROUTE = routes.ROUTES[0]
EMBEDDINGS = routes.ROUTES[1]
BODY = b'{"model":"gpt","stream":true,"max_tokens":5,"messages":[{"role":"user","content":"hello"}]}'


class Fixture:
    """A record in the middle of its request."""

    def __init__(self) -> None:
        self.journal = ListJournal()
        self.gateway = Gateway(SetClock(), self.journal, Transport(), Access(1, {}), catalog(1, Deadlines()))
        self.exchange = FakeExchange()

    def tried(self, record: Record) -> None:
        record.request = openai_chat.CODEC.read_request(BODY)
        record.begin_attempt(self.gateway.catalog.models["gpt"].deployments[0])

    def run(self, error: BaseException | None, route: routes.Route = ROUTE) -> Settled:
        """Leave the block with this error, having begun an attempt."""
        with kept(self.gateway, self.exchange, route) as record:
            self.tried(record)
            if error is not None:
                raise error
            record.settle("ok", 200, Usage(input=1), "provider")
        [entry] = self.journal.entries
        assert isinstance(entry, Settled) and entry.id == record.id
        return entry


@pytest.fixture
def fixture() -> Fixture:
    return Fixture()


def test_settling_twice_keeps_the_first_word(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    first = record.settle("ok", 200, Usage(input=3), "provider")
    assert record.settle("error", 500, None, "none", "late") is first
    assert fixture.journal.entries == [first]


def test_a_record_that_cannot_be_written_is_not_taken_for_settled(fixture: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")

    def full(entry: Settled) -> None:
        raise JournalUnavailable("full")

    monkeypatch.setattr(fixture.journal, "settled", full)
    with pytest.raises(JournalUnavailable):
        record.settle("ok", 200, None, "none")
    assert record.settled is None


@pytest.mark.parametrize(
    ("error", "outcome", "source"),
    [
        (UpstreamUnreachable("x"), "error", "none"),
        (EgressRefused("x"), "error", "none"),
        (UpstreamOverloaded("x"), "error", "none"),
        (UpstreamTimeout("connect", 5), "error", "none"),
        (UpstreamTimeout("first_byte", 5), "error", "estimated"),
        (UpstreamReset("x"), "error", "estimated"),
        (UpstreamError("x"), "error", "estimated"),
        (BadRequest("x"), "refused", "estimated"),
        (HeadgateError("x"), "error", "estimated"),
        (RuntimeError("x"), "error", "estimated"),
    ],
)
def test_an_attempt_that_may_have_reached_a_provider_is_charged(fixture: Fixture, error: Exception, outcome: str, source: str) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    fixture.tried(record)
    if isinstance(error, UpstreamError):
        record.end_attempt(error)
    assert record.spent()[1] == source
    settled = Fixture().run(error) if not isinstance(error, UpstreamError) else None
    assert settled is None or settled.outcome == outcome


def test_an_error_is_answered_after_it_is_recorded(fixture: Fixture) -> None:
    settled = fixture.run(UpstreamTimeout("first_byte", 5))
    assert (settled.outcome, settled.status_code, settled.error) == ("error", 504, "upstream_timeout_first_byte")
    assert fixture.exchange.status == 504 and json.loads(fixture.exchange.written[0])["error"]["code"] == settled.error
    assert fixture.exchange.said[b"x-headgate-request-id"] == settled.id.encode()


def test_the_providers_own_answer_is_what_the_client_gets(fixture: Fixture) -> None:
    error = UpstreamOverloaded("x")
    error.answer = ProviderAnswer(529, [(b"retry-after", b"7")], b"own words")
    settled = fixture.run(error)
    assert (settled.status_code, fixture.exchange.status, fixture.exchange.written) == (529, 529, [b"own words"])
    assert fixture.exchange.said[b"retry-after"] == b"7"


def test_a_stream_that_has_begun_ends_with_an_error_event(fixture: Fixture) -> None:
    fixture.exchange.started = True
    settled = fixture.run(UpstreamCut("broken"))
    assert (settled.outcome, settled.error) == ("truncated", "upstream_truncated")
    [event] = fixture.exchange.written
    assert event.startswith(b'data: {"error":') and fixture.exchange.ended and not fixture.exchange.aborted


def test_an_answer_without_events_that_has_begun_is_broken_off(fixture: Fixture) -> None:
    fixture.exchange.started = True
    fixture.run(UpstreamCut("broken"), EMBEDDINGS)
    assert fixture.exchange.aborted and fixture.exchange.written == []


def test_a_client_that_left_is_recorded_and_its_connection_broken_off(fixture: Fixture) -> None:
    fixture.exchange.gone = True
    with pytest.raises(asyncio.CancelledError):
        fixture.run(asyncio.CancelledError())
    [entry] = fixture.journal.entries
    assert isinstance(entry, Settled) and (entry.outcome, entry.usage_source) == ("client_gone", "estimated")
    assert fixture.exchange.aborted


def test_a_client_whose_gateway_stops_is_told_so(fixture: Fixture) -> None:
    with pytest.raises(asyncio.CancelledError):
        fixture.run(asyncio.CancelledError())
    [entry] = fixture.journal.entries
    assert isinstance(entry, Settled) and (entry.outcome, entry.error, entry.status_code) == ("interrupted", "gateway_stopping", 503)
    assert fixture.exchange.status == 503 and not fixture.exchange.aborted


def test_a_cancelled_request_that_cannot_be_recorded_is_broken_off_all_the_same(fixture: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(entry: Settled) -> None:
        raise JournalUnavailable("full")

    monkeypatch.setattr(fixture.journal, "settled", full)
    fixture.exchange.gone = True
    with pytest.raises(asyncio.CancelledError):
        fixture.run(asyncio.CancelledError())
    assert fixture.exchange.aborted


def test_a_fault_of_ours_is_told_without_its_details(fixture: Fixture, caplog: pytest.LogCaptureFixture) -> None:
    settled = fixture.run(RuntimeError("the secret is 42"))
    assert (settled.outcome, settled.status_code, settled.error) == ("error", 500, "internal_error")
    assert b"secret" not in fixture.exchange.written[0]
    assert settled.id in caplog.text and "the secret is 42" in caplog.text


def test_when_not_even_the_refusal_can_be_recorded_the_client_is_told_that(fixture: Fixture, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(entry: Settled) -> None:
        raise JournalUnavailable("full", retry_after_s=5)

    monkeypatch.setattr(fixture.journal, "settled", full)
    with kept(fixture.gateway, fixture.exchange, ROUTE):
        raise BadRequest("x")
    assert fixture.exchange.status == 503 and fixture.exchange.said[b"retry-after"] == b"5"


def test_an_answer_that_nobody_waited_for_is_the_client_gone(fixture: Fixture) -> None:
    fixture.exchange.gone = True
    assert fixture.run(None).outcome == "client_gone"


def test_attempts_are_counted_while_they_run_and_after(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    assert b"x-headgate-attempts" not in dict(record.headers())
    fixture.tried(record)
    assert dict(record.headers())[b"x-headgate-attempts"] == b"1"
    record.end_attempt(UpstreamReset("x"))
    assert dict(record.headers())[b"x-headgate-attempts"] == b"1"
    fixture.tried(record)
    headers = dict(record.headers())
    assert headers[b"x-headgate-attempts"] == b"2" and headers[b"x-headgate-deployment"] == b"sim-openai/gpt-4.1"
    assert [attempt.error for attempt in record.attempts] == ["upstream_reset"]


def test_a_cost_is_told_only_when_it_is_known_before_the_body(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    fixture.tried(record)
    assert b"x-headgate-cost-usd" not in dict(record.headers())
    record.settle("ok", 200, Usage(input=500, output=250), "provider")
    assert dict(record.headers())[b"x-headgate-cost-usd"] == b"0.003"


def test_our_own_count_of_output_stops_at_what_was_allowed(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    fixture.tried(record)
    assert record.with_output(Usage(output=3)).output == 3
    assert record.with_output(Usage(output=900)).output == 5


def test_what_the_provider_reported_is_completed_by_what_it_had_not_yet(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    fixture.tried(record)
    record.scanner = scanner = openai_chat.CODEC.scanner(record.request) if openai_chat.CODEC.scanner else None
    assert scanner is not None
    scanner.feed(b'data: {"choices":[{"index":0,"delta":{"content":"twelve bytes"}}]}\n\n')
    assert record.spent() == (record.with_output(Usage(output=3)), "estimated")
    scanner.usage = Usage(input=100, output=1, reasoning=1)
    assert record.spent() == (Usage(input=100, output=2, reasoning=1), "partial")
    scanner.usage = Usage(input=100, output=9)
    assert record.spent() == (Usage(input=100, output=9), "partial")


def test_the_admission_says_what_it_will_cost_at_the_least(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    record.request = openai_chat.CODEC.read_request(BODY)
    record.key = Key("k", "k", "t", bytes(32))
    record.admit(fixture.gateway.catalog.models["gpt"].deployments[0])
    [entry] = fixture.journal.entries
    assert isinstance(entry, Admitted) and entry.stream and entry.estimate.input > 0
    assert entry.estimate_nano == entry.estimate.input * 2_000 and (entry.alias, entry.model) == ("gpt", "gpt-4.1")


def test_a_made_up_model_name_is_kept_only_so_far(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    record.request = openai_chat.CODEC.read_request(BODY.replace(b'"gpt"', b'"' + b"x" * 5_000 + b'"'))
    assert len(record.settle("refused", 404, None, "none").alias or "") == ALIAS_LIMIT


async def test_no_time_is_negative_even_if_the_loops_clock_is_behind(fixture: Fixture) -> None:
    record = Record(fixture.gateway, fixture.exchange, "r")
    assert record.since_us(0.0) == 0 <= record.elapsed_us()
