"""What the journal keeps of a request: one entry when it is admitted, one when it is settled.

`Settled` stands alone: the store's row is made from it. `Admitted` matters only where no `Settled` followed (the process died),
and is then turned into a row by `interrupted`.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from headgate.core.usage import Usage, UsageSource

Outcome = Literal["ok", "refused", "error", "truncated", "client_gone", "interrupted"]
"""ok: whole answer sent · refused: by the gateway, no upstream call · error: no usable answer · truncated: answer cut by the
provider · client_gone: the client left first · interrupted: the gateway died while it ran."""


class Attempt(Struct, frozen=True, omit_defaults=True, gc=False):
    """One upstream call of a request. Times are microseconds since the request began."""

    deployment: str
    provider: str
    model: str
    started_us: int
    ended_us: int
    status_code: int = 0
    """The provider's HTTP status; 0 where none arrived."""
    error: str | None = None
    """Why it failed, as a stable code; None where it answered."""
    upstream_request_id: str | None = None


class Admitted(Struct, frozen=True, omit_defaults=True, gc=False, tag="admitted", tag_field="entry"):
    """Written before the first upstream byte."""

    id: str
    at_us: int
    """When the request began, microseconds since the epoch (UTC)."""
    route: str
    key_id: str
    team_id: str
    alias: str
    deployment: str
    provider: str
    model: str
    stream: bool = False
    estimate: Usage = Usage()
    """What the request is thought to cost at the least: its input by our own count."""
    estimate_nano: int | None = None
    price_version: str | None = None


class Settled(Struct, frozen=True, omit_defaults=True, gc=False, tag="settled", tag_field="entry"):
    """Written before the client's terminal event: the whole truth about one request. Times are microseconds since it began."""

    id: str
    at_us: int
    route: str
    outcome: Outcome
    status_code: int = 0
    """The HTTP status sent to the client; 0 where none was sent."""
    error: str | None = None
    key_id: str | None = None
    team_id: str | None = None
    alias: str | None = None
    deployment: str | None = None
    provider: str | None = None
    model: str | None = None
    """The model that answered, as the provider names it."""
    stream: bool = False
    queue_us: int | None = None
    upstream_first_byte_us: int | None = None
    first_content_us: int | None = None
    total_us: int = 0
    usage: Usage = Usage()
    usage_source: UsageSource = "none"
    cost_nano: int | None = 0
    """Nano-dollars; None where the model has no price (unknown is not free)."""
    price_version: str | None = None
    attempts: tuple[Attempt, ...] = ()


Entry = Admitted | Settled


def interrupted(entry: Admitted) -> Settled:
    """The row of a request that was running when its gateway died: charged by estimate, so that it is not free."""
    return Settled(
        id=entry.id,
        at_us=entry.at_us,
        route=entry.route,
        outcome="interrupted",
        error="gateway_died",
        key_id=entry.key_id,
        team_id=entry.team_id,
        alias=entry.alias,
        deployment=entry.deployment,
        provider=entry.provider,
        model=entry.model,
        stream=entry.stream,
        usage=entry.estimate,
        usage_source="estimated",
        cost_nano=entry.estimate_nano,
        price_version=entry.price_version,
    )
