"""Who may call: keys as the data plane sees them, in a frozen snapshot that control changes replace whole, and when one is good."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Literal

from msgspec import Struct

from headgate.core.errors import Unauthenticated

Role = Literal["caller", "admin"]

NOBODY = bytes(32)
UNKNOWN = "This API key is not known here. Keys look like hg-<id>-<secret> and are made with `headgate keys create`."


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


def check(key: Key | None, digest: bytes, now_ms: int) -> Key:
    """The key, if `digest` is of its secret and it is in force; None is a key that nobody has.

    Raises Unauthenticated with what is wrong and what to do: only to who knows the secret, all others read the same.
    """
    if key is None:
        compare_digest(digest, NOBODY)  # an unknown id takes as long as a wrong secret
        raise Unauthenticated(UNKNOWN)
    if not compare_digest(digest, key.digest):
        if key.previous_digest is None or not compare_digest(digest, key.previous_digest):
            raise Unauthenticated(UNKNOWN)
        if now_ms >= key.previous_until_ms:
            raise Unauthenticated("This API key was replaced by rotation and its grace period is over. Use the new one.")
    if key.revoked:
        raise Unauthenticated("This API key was revoked. Ask an administrator for a new one.")
    if key.expires_at_ms is not None and now_ms >= key.expires_at_ms:
        raise Unauthenticated("This API key has expired. Ask an administrator for a new one.")
    return key
