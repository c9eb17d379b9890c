"""The provider's own words for what it does not take."""

from __future__ import annotations

from headgate.simulator.dialect import Dialect, Refused
from headgate.simulator.reply import Reply


def refused(dialect: Dialect, cause: Refused, retry_after_s: int | None = None) -> Reply:
    """An error reply. `retry_after_s` replaces the hint that is usual with the status; -1 leaves it out."""
    known = dialect.known(cause.status)
    wait_s = known.retry_after_s if retry_after_s is None else retry_after_s
    headers = dialect.retry_headers(cause.status, None if wait_s is None or wait_s < 0 else wait_s)
    return Reply(dialect, cause.status, headers, dialect.error_body(known, cause))
