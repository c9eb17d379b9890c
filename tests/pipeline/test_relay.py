"""One stream on its way, without sockets: what is held, when it is settled, and what goes out in which order."""

from __future__ import annotations

import pytest

from headgate.core.access import Access
from headgate.core.errors import JournalUnavailable, UpstreamCut, UpstreamError, UpstreamGarbage
from headgate.core.ports import Deadlines, Headers
from headgate.core.record import Settled
from headgate.pipeline.gateway import Gateway
from headgate.pipeline.record import Record
from headgate.pipeline.relay import Passing
from headgate.upstream.transport import Transport
from headgate.wire import anthropic, openai_chat
from tests.support.exchange import FakeExchange
from tests.support.inside import ListJournal, catalog
from tests.support.ledger import SetClock
from tests.support.wire import CHAT, CHAT_WITH_USAGE, MESSAGE

ROLE = b'data: {"id":"c","choices":[{"index":0,"delta":{"role":"assistant"}}]}\n\n'
TEXT = b'data: {"id":"c","choices":[{"index":0,"delta":{"content":"hi"}}]}\n\n'
FINISH = b'data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\n'
USAGE = b'data: {"id":"c","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2,"total_tokens":11}}\n\n'
DONE = b"data: [DONE]\n\n"
FAILED = b'data: {"error":{"message":"no","code":"slow_down"}}\n\n'


class FakeReply:
    """A provider's answer as far as a stream on its way asks for it."""

    status = 200

    def __init__(self) -> None:
        self.headers: Headers = [(b"content-type", b"text/event-stream"), (b"content-length", b"5"), (b"x-own", b"1")]
        self.paused = False
        self.content = 0

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def content_seen(self) -> None:
        self.content += 1


class Way:
    """Everything around a stream on its way."""

    def __init__(self, body: bytes = CHAT_WITH_USAGE) -> None:
        codec = anthropic.CODEC if body is MESSAGE else openai_chat.CODEC
        assert codec.scanner is not None
        self.journal = ListJournal()
        gateway = Gateway(SetClock(), self.journal, Transport(), Access(1, {}), catalog(1, Deadlines()))
        self.exchange = FakeExchange()
        self.reply = FakeReply()
        self.record = Record(gateway, self.exchange, "openai.chat")
        self.record.request = codec.read_request(body)
        self.record.begin_attempt(gateway.catalog.models["gpt"].deployments[0])
        self.record.scanner = scanner = codec.scanner(self.record.request)
        self.passing = Passing(self.reply, self.record, self.exchange, scanner, codec.keep_alive)  # pyright: ignore[reportArgumentType]
        self.passing.timer.cancel()

    @property
    def row(self) -> Settled:
        [row] = self.journal.entries
        assert isinstance(row, Settled)
        return row


async def test_nothing_is_sent_before_the_first_content_and_then_all_that_was_held_at_once() -> None:
    way = Way()
    way.passing.take(ROLE)
    assert not way.exchange.started and way.exchange.written == []
    way.passing.take(TEXT)
    assert way.exchange.written == [ROLE + TEXT] and way.reply.content == 1
    assert way.exchange.said[b"x-own"] == b"1" and b"content-length" not in way.exchange.said
    assert way.exchange.said[b"x-accel-buffering"] == b"no"
    way.passing.take(TEXT)
    assert way.exchange.written[1:] == [TEXT] and way.reply.content == 1


async def test_the_end_is_in_the_journal_before_the_client_can_see_it() -> None:
    way = Way()
    order: list[str] = []
    settle, write = way.journal.settled, way.exchange.write
    way.journal.settled = lambda entry: (order.append("settled"), settle(entry))[1]  # type: ignore[method-assign]
    way.exchange.write = lambda data: (order.append("done" if DONE in data else "event"), write(data))[1]  # type: ignore[method-assign]
    for event in (ROLE, TEXT, FINISH, USAGE, DONE):
        way.passing.take(event)
    assert order == ["event", "event", "event", "settled", "done"]
    assert way.exchange.ended and way.row.usage_source == "provider" and way.row.usage.output == 2


async def test_a_journal_that_fails_at_the_end_keeps_the_terminator_back(monkeypatch: pytest.MonkeyPatch) -> None:
    way = Way()

    def full(entry: Settled) -> None:
        raise JournalUnavailable("full")

    way.passing.take(ROLE + TEXT)
    monkeypatch.setattr(way.journal, "settled", full)
    with pytest.raises(JournalUnavailable):
        way.passing.take(FINISH + USAGE + DONE)
    assert b"[DONE]" not in b"".join(way.exchange.written) and not way.exchange.ended


async def test_a_whole_stream_in_one_piece_is_one_write() -> None:
    way = Way()
    way.passing.take(ROLE + TEXT + FINISH + USAGE + DONE)
    assert way.exchange.written == [ROLE + TEXT + FINISH + USAGE + DONE] and way.exchange.ended
    way.passing.end()
    assert way.row.outcome == "ok" and len(way.exchange.written) == 1


async def test_usage_that_was_not_asked_for_is_counted_and_not_shown() -> None:
    way = Way(CHAT)
    for event in (ROLE, TEXT, FINISH, USAGE, DONE):
        way.passing.take(event)
    assert b"".join(way.exchange.written) == ROLE + TEXT + FINISH + DONE
    assert way.row.usage.completion == 2


async def test_a_failure_before_content_is_raised_and_nothing_was_sent() -> None:
    for pieces in ((FAILED,), (ROLE, FAILED), (ROLE + TEXT[:-1], b"\n" + FAILED)):
        way = Way()
        with pytest.raises(UpstreamError, match="slow_down"):
            for piece in pieces:
                way.passing.take(piece)
        assert not way.exchange.started and way.journal.entries == []


async def test_a_failure_after_content_is_passed_on_and_recorded_as_truncated() -> None:
    way = Way()
    for event in (ROLE, TEXT, FAILED):
        way.passing.take(event)
    way.passing.end()
    assert way.exchange.written == [ROLE + TEXT, FAILED] and way.exchange.ended
    assert (way.row.outcome, way.row.error, way.row.usage_source) == ("truncated", "upstream_slow_down", "estimated")


async def test_garbage_ends_the_stream_behind_the_good_events() -> None:
    way = Way()
    way.passing.take(ROLE)
    with pytest.raises(UpstreamGarbage):
        way.passing.take(TEXT + b"data: nonsense\n\n" + TEXT)
    assert way.exchange.written == [ROLE + TEXT] and way.journal.entries == []


@pytest.mark.parametrize("events", [[], [ROLE], [ROLE, TEXT], [ROLE, TEXT, TEXT[:20]]])
async def test_an_end_before_the_answer_is_whole_is_a_cut(events: list[bytes]) -> None:
    way = Way()
    for event in events:
        way.passing.take(event)
    with pytest.raises(UpstreamCut):
        way.passing.end()
    assert way.journal.entries == [] and not way.exchange.ended


@pytest.mark.parametrize("events", [[ROLE, FINISH], [ROLE, TEXT, FINISH], [ROLE, TEXT, FINISH[:-1]], [FINISH[:-2]]])
async def test_an_end_behind_a_reason_to_stop_gets_the_missing_terminator_and_loses_nothing(events: list[bytes]) -> None:
    way = Way()
    for event in events:
        way.passing.take(event)
    way.passing.end()
    sent = b"".join(way.exchange.written)
    assert sent.endswith(DONE) and sent.startswith(b"".join(events)) and way.exchange.ended
    assert (way.row.outcome, way.row.usage_source) == ("ok", "estimated")


async def test_an_end_without_its_stop_event_is_a_cut_where_the_format_has_one() -> None:
    way = Way(MESSAGE)
    way.passing.take(b'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"type":"text_delta","text":"a"}}\n\n')
    way.passing.take(
        b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}\n\n'
    )
    with pytest.raises(UpstreamCut):
        way.passing.end()


async def test_a_slow_client_stops_the_reading_and_starts_it_again() -> None:
    way = Way()
    way.passing.flow(True)
    assert way.reply.paused
    way.passing.flow(False)
    assert not way.reply.paused
