"""What the journal keeps of a request."""

from __future__ import annotations

import msgspec

from headgate.core.record import Admitted, Attempt, Entry, Settled, interrupted
from headgate.core.usage import Usage
from tests.support.ledger import admitted, settled


def test_entries_come_back_as_they_were_and_know_what_they_are() -> None:
    decoder = msgspec.msgpack.Decoder(Admitted | Settled)
    entries: list[Entry] = [admitted("a"), settled("b"), settled("c", cost_nano=None), Settled("d", 1, "r", "refused")]
    assert [decoder.decode(msgspec.msgpack.encode(entry)) for entry in entries] == entries


def test_an_unknown_cost_is_not_no_cost() -> None:
    assert Settled("a", 1, "r", "ok").cost_nano == 0
    unknown = Settled("a", 1, "r", "ok", cost_nano=None)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(unknown), type=Settled).cost_nano is None


def test_the_row_of_a_request_whose_gateway_died_is_charged_by_its_estimate() -> None:
    entry = admitted("a", estimate_nano=700)
    row = interrupted(entry)
    assert (row.outcome, row.error, row.usage_source, row.cost_nano) == ("interrupted", "gateway_died", "estimated", 700)
    assert row.usage == entry.estimate == Usage(input=7)
    shared = [name for name in Admitted.__struct_fields__ if name in Settled.__struct_fields__]
    assert {name: getattr(row, name) for name in shared} == {name: getattr(entry, name) for name in shared}


def test_an_unpriced_request_stays_unpriced_when_its_gateway_dies() -> None:
    assert interrupted(admitted("a", estimate_nano=None)).cost_nano is None


def test_an_attempt_that_answered_has_no_error() -> None:
    assert Attempt("p/m", "p", "m", 1, 2).error is None
