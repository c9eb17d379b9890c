"""When a key is good: the one rule that the data plane and the console share."""

from __future__ import annotations

from hashlib import sha256

import pytest
from msgspec.structs import replace

from headgate.core.access import Key, check
from headgate.core.errors import Unauthenticated

NEW, OLD, WRONG = (sha256(secret).digest() for secret in (b"new", b"old", b"wrong"))
NOW_MS = 1_000
KEY = Key("id", "name", "team", NEW)
ROTATED = replace(KEY, previous_digest=OLD, previous_until_ms=NOW_MS + 1)


@pytest.mark.parametrize(
    ("key", "digest"),
    [(KEY, NEW), (ROTATED, NEW), (ROTATED, OLD), (replace(KEY, expires_at_ms=NOW_MS + 1), NEW), (replace(KEY, role="admin"), NEW)],
)
def test_it_is_good_until_it_ends_and_so_is_a_replaced_secret_in_its_grace_period(key: Key, digest: bytes) -> None:
    assert check(key, digest, NOW_MS) is key


@pytest.mark.parametrize(
    ("key", "digest", "says"),
    [
        (None, NEW, "not known here"),
        (None, bytes(32), "not known here"),
        (KEY, WRONG, "not known here"),
        (KEY, OLD, "not known here"),
        (ROTATED, WRONG, "not known here"),
        (replace(ROTATED, previous_until_ms=NOW_MS), OLD, "grace period is over"),
        (replace(KEY, revoked=True), NEW, "revoked"),
        (replace(ROTATED, revoked=True), OLD, "revoked"),
        (replace(KEY, expires_at_ms=NOW_MS), NEW, "expired"),
        (replace(ROTATED, expires_at_ms=NOW_MS), OLD, "expired"),
        (replace(KEY, revoked=True, expires_at_ms=1), WRONG, "not known here"),
    ],
)
def test_what_is_wrong_is_said_and_how_a_key_ended_only_to_who_knows_its_secret(key: Key | None, digest: bytes, says: str) -> None:
    with pytest.raises(Unauthenticated, match=says):
        check(key, digest, NOW_MS)
