"""What the ledger and the control functions need from a store, as shapes. A store keeps what it is given; it has no rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from msgspec import Struct

from headgate.core.access import Key, Role
from headgate.core.errors import ConfigError, HeadgateError
from headgate.core.record import Admitted, Outcome, Settled
from headgate.core.usage import Usage

DEFAULT_TEAM = "default"
"""The id and name of the team that every new store has."""


class StoreUnavailable(HeadgateError):
    """The store is locked, full, damaged or away. Requests go on; what was asked of it must be asked again."""

    kind, code, retryable = "unavailable", "store_unavailable", True


class SchemaTooNew(ConfigError):
    """A newer Headgate has changed the store, and this one would misread it."""


class Team(Struct, frozen=True):
    id: str
    name: str
    created_at_ms: int


class KeyRow(Struct, frozen=True):
    """One virtual key as operators see it: everything but its digests. Times are milliseconds since the epoch."""

    id: str
    name: str
    team_id: str
    created_at_ms: int
    role: Role = "caller"
    models: frozenset[str] | None = None
    """Aliases it may use; None means all."""
    expires_at_ms: int | None = None
    revoked_at_ms: int | None = None
    rotated_at_ms: int | None = None
    previous_until_ms: int = 0
    """Until when the secret before the last rotation is good."""


class Keys(Protocol):
    """Every change to a key gives the snapshot a new version in the same transaction."""

    def add(self, row: KeyRow, digest: bytes) -> bool:
        """False where a key of that name is in use in that team."""
        ...

    def add_first(self, row: KeyRow, digest: bytes) -> bool:
        """False where a key of that role was ever made."""
        ...

    def get(self, id: str) -> KeyRow | None: ...

    def rows(self) -> list[KeyRow]:
        """All keys, oldest first."""
        ...

    def rotate(self, id: str, digest: bytes, at_ms: int, previous_until_ms: int) -> None:
        """Replace the digest. The one before it is kept where `previous_until_ms` is later than `at_ms`."""
        ...

    def revoke(self, id: str, at_ms: int) -> None: ...

    def version(self) -> int:
        """The version of the snapshot; cheap enough to ask four times a second."""
        ...

    def changed(self, since: int) -> tuple[int, list[Key]]:
        """The version now, and the keys that changed after version `since`, read at one moment."""
        ...


class Teams(Protocol):
    def add(self, team: Team) -> bool:
        """False where the name is taken."""
        ...

    def find(self, id_or_name: str) -> Team | None: ...

    def rows(self) -> list[Team]: ...


class Wanted(Struct, frozen=True):
    """Which records to list; None means any."""

    key_id: str | None = None
    team_id: str | None = None
    alias: str | None = None
    model: str | None = None
    deployment: str | None = None
    outcome: Outcome | None = None
    since_us: int | None = None
    until_us: int | None = None
    """Before, not at."""


Dimension = Literal["team", "key", "model", "alias", "deployment", "day"]


class UsageRow(Struct, frozen=True):
    """What all requests with one value of a dimension used and cost."""

    value: str | None
    """A team's or key's id, a model, an alias, a deployment, a day as 2026-01-31 (UTC); None where requests have none."""
    name: str | None
    """What people call it, where that is not the value itself."""
    requests: int
    errors: int
    """Requests without a whole answer, for another reason than that the client left."""
    usage: Usage
    cost_nano: int
    unpriced: int
    """Requests whose cost is unknown and so is not in `cost_nano`."""


class Records(Protocol):
    def get(self, id: str) -> Settled | None: ...

    def page(self, wanted: Wanted, limit: int, before: tuple[int, str] | None) -> list[Settled]:
        """The newest records, or the newest before the one with that `at_us` and id; newest first."""
        ...

    def usage(self, dimension: Dimension, since_us: int, until_us: int) -> list[UsageRow]:
        """Sums over since ≤ at < until, the most expensive first; days in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Batch:
    """What the recorder has read, and how far: loaded in one transaction or not at all."""

    settled: Sequence[Settled] = ()
    admitted: Sequence[Admitted] = ()
    """Not yet settled."""
    closed: Sequence[str] = ()
    """Ids of earlier admissions that have ended."""
    writer: str = ""
    segment: str = ""
    offset: int = 0
    """How far `segment` of `writer` has been read; no segment means no reading was done."""


class Ledger(Protocol):
    """The recorder's side of the store. Loading the same thing again changes nothing."""

    def positions(self) -> Mapping[str, int]:
        """How far each segment has been read."""
        ...

    def load(self, batch: Batch) -> None: ...

    def forget(self, segments: Sequence[str]) -> None:
        """Drop the positions of segments that are gone."""
        ...

    def open_admissions(self) -> Mapping[str, str]:
        """Id → writer of every request that is admitted and not settled."""
        ...

    def admissions(self, writer: str) -> list[Admitted]: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """One store, seen from its users."""

    keys: Keys
    teams: Teams
    records: Records
    ledger: Ledger
    close: Callable[[], None]
