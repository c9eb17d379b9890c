"""Who may call: keys as the data plane sees them, in a frozen snapshot that control changes replace whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

Role = Literal["caller", "admin"]


class Key(Struct, frozen=True, gc=False):
    """One virtual key. The secret is known only by its SHA-256 digest. Times are milliseconds since the epoch."""

    id: str
    """The public id: the middle part of `hg-<public id>-<secret>`."""
    name: str
    team_id: str
    digest: bytes
    role: Role = "caller"
    models: frozenset[str] | None = None
    """Aliases it may use; None means all."""
    expires_at_ms: int | None = None
    revoked: bool = False
    previous_digest: bytes | None = None
    """The digest before the last rotation, good until `previous_until_ms`."""
    previous_until_ms: int = 0


@dataclass(frozen=True, slots=True)
class Access:
    """All keys at one version. A change makes a new one."""

    version: int
    keys: Mapping[str, Key]
