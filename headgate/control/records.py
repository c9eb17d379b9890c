"""What each request was: the newest, page by page, or all about one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from headgate.control.refusals import CursorInvalid, LimitInvalid, RecordUnknown
from headgate.core.record import Settled
from headgate.core.stores import Stores, Wanted

MOST = 1_000

CURSOR = re.compile(r"([0-9]{1,18}):(.{1,200})", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    records: list[Settled]
    """Newest first."""
    next: str | None
    """What to ask for `before` to get the page after this; None where there is nothing older."""


def page(stores: Stores, wanted: Wanted | None = None, limit: int = 100, before: str | None = None) -> Page:
    """Records that began before the place `before`, or the newest. Pages neither overlap nor skip, whatever is recorded meanwhile."""
    if not 1 <= limit <= MOST:
        raise LimitInvalid(f"The limit is {limit}; give one from 1 to {MOST}.", param="limit")
    found = stores.records.page(wanted or Wanted(), limit + 1, None if before is None else _place(before))
    shown = found[:limit]
    more = len(found) > limit
    return Page(shown, f"{shown[-1].at_us}:{shown[-1].id}" if more else None)


def explain(stores: Stores, id: str) -> Settled:
    """All that is known about one request, with its attempts."""
    record = stores.records.get(id)
    if record is None:
        raise RecordUnknown(id)
    return record


def _place(cursor: str) -> tuple[int, str]:
    found = CURSOR.fullmatch(cursor)
    if found is None:
        raise CursorInvalid
    return int(found[1]), found[2]
