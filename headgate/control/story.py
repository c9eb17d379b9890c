"""Why a request went where it went, in sentences."""

from __future__ import annotations

from headgate.control import figures, timeline
from headgate.core.record import Attempt, Settled

ENDINGS = {
    "truncated": "The answer broke off at the provider. What had come was passed on, and the client was told that it is not whole.",
    "client_gone": "The client left before the end, so the provider's connection was closed.",
    "interrupted": "The gateway stopped while this ran. It is charged by estimate, so that it is not free.",
}

COUNTED = {
    "provider": "as the provider counted",
    "partial": "as the provider counted up to the cut",
    "estimated": "by our own estimate",
    "none": "nothing was used",
}


def told(record: Settled) -> list[str]:
    """A few sentences, in the order of what happened."""
    if record.outcome == "refused" and not record.attempts:
        return [f"The gateway refused it ({record.error}); no provider was called."]
    if not record.attempts and record.outcome == "error":
        return [f"The gateway itself failed ({record.error}) before any provider was called."]
    if not record.attempts:
        return [ENDINGS.get(record.outcome, "The gateway answered by itself; no provider was called.")]
    found = [_tried(attempt, number, record) for number, attempt in enumerate(record.attempts, 1)]
    if record.outcome in ENDINGS:
        found.append(ENDINGS[record.outcome])
    elif record.outcome == "error":
        found.append(f"No attempt gave a usable answer, so the client got an error ({record.error}).")
    return found


def _tried(attempt: Attempt, number: int, record: Settled) -> str:
    length = figures.duration(attempt.ended_us - attempt.started_us)
    if attempt.error is not None:
        return f"{attempt.deployment} failed after {length}: {timeline.said(attempt)}."
    if attempt.status_code >= 400:
        return f"{attempt.deployment} refused the request with status {attempt.status_code}, and its answer was passed on."
    first = "" if number == 1 else "Then "
    whole = "" if record.outcome == "ok" else " to begin"
    return f"{first}{attempt.deployment} answered{whole} with status {attempt.status_code}, {length} in all."
