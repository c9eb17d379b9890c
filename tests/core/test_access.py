"""Keys in their snapshot."""

from __future__ import annotations

import pytest

from headgate.core.access import Access, Key


def test_a_key_is_good_for_everything_and_for_ever_unless_it_says_otherwise() -> None:
    key = Key("id", "name", "team", bytes(32))
    assert (key.role, key.models, key.expires_at_ms, key.revoked, key.previous_digest) == ("caller", None, None, False, None)


def test_keys_and_snapshots_do_not_change() -> None:
    key = Key("id", "name", "team", bytes(32))
    with pytest.raises(AttributeError):
        key.revoked = True  # type: ignore[misc]
    with pytest.raises(AttributeError):
        Access(1, {}).version = 2  # type: ignore[misc]
