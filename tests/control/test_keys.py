"""Keys: what is made, what is kept, and what each change does to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.control import access, keys, secrets, teams
from headgate.control.keys import NewKey
from headgate.control.refusals import ExpiryPast, GraceInvalid, KeyRevoked, KeyUnknown, ModelsInvalid, NameInvalid, NameTaken, TeamUnknown
from headgate.core.access import Key
from headgate.core.stores import Stores
from headgate.stores import sqlite
from tests.support import ledger
from tests.support.ledger import SetClock, dice


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    opened = ledger.store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


def seen(stores: Stores, id: str) -> Key:
    """The key as the data plane has it."""
    return access.load(stores).keys[id]


def digest_of(whole: str) -> bytes:
    return secrets.digest(whole.split("-")[2])


def test_a_key_is_shown_once_and_kept_as_a_digest(stores: Stores, clock: SetClock, tmp_path: Path) -> None:
    row, whole = keys.create(stores, clock, dice(), NewKey("ci", models=frozenset({"smart"}), expires_at_ms=clock.ms + 1))
    assert keys.show(stores, row.id) == row
    assert (row.name, row.team_id, row.role, row.models) == ("ci", "default", "caller", {"smart"})
    assert seen(stores, row.id).digest == digest_of(whole)
    secret = whole.split("-")[2].encode()
    assert all(secret not in path.read_bytes() for path in tmp_path.glob(f"{sqlite.FILE_NAME}*"))


def test_a_key_belongs_to_a_team_by_name_or_id(stores: Stores, clock: SetClock) -> None:
    randomness = dice()
    team = teams.create(stores, clock, randomness, "research")
    for number, wanted in enumerate((team.id, "research")):
        row, _ = keys.create(stores, clock, randomness, NewKey(f"ci {number}", team=wanted))
        assert row.team_id == team.id
    with pytest.raises(TeamUnknown):
        keys.create(stores, clock, randomness, NewKey("ci", team="sales"))


def test_a_key_that_could_never_be_used_is_not_made(stores: Stores, clock: SetClock) -> None:
    for new, refusal in (
        (NewKey("ci", expires_at_ms=clock.ms), ExpiryPast),
        (NewKey("ci", models=frozenset()), ModelsInvalid),
        (NewKey("ci", models=frozenset({""})), ModelsInvalid),
        (NewKey("\n"), NameInvalid),
    ):
        with pytest.raises(refusal):
            keys.create(stores, clock, dice(), new)
    assert keys.every(stores) == []


def test_a_name_is_free_again_after_revocation(stores: Stores, clock: SetClock) -> None:
    randomness = dice()
    row, _ = keys.create(stores, clock, randomness, NewKey("ci"))
    with pytest.raises(NameTaken, match="The name 'ci' is in use by another key of team 'default'"):
        keys.create(stores, clock, randomness, NewKey("ci"))
    keys.revoke(stores, clock, row.id)
    keys.create(stores, clock, randomness, NewKey("ci"))
    assert [key.revoked_at_ms is None for key in keys.every(stores)].count(True) == 1


def test_a_revoked_key_is_revoked_in_the_snapshot_and_stays_so(stores: Stores, clock: SetClock) -> None:
    row, _ = keys.create(stores, clock, dice(), NewKey("ci"))
    known = access.load(stores)
    first = keys.revoke(stores, clock, row.id)
    assert access.version(stores) != known.version
    assert seen(stores, row.id).revoked
    clock.pass_ms(5)
    assert keys.revoke(stores, clock, row.id) == first
    with pytest.raises(KeyRevoked, match=f"The key '{row.id}' is revoked"):
        keys.rotate(stores, clock, dice(2), row.id, 0)


def test_rotation_keeps_the_id_and_lets_the_old_secret_run_out(stores: Stores, clock: SetClock) -> None:
    randomness = dice()
    row, old = keys.create(stores, clock, randomness, NewKey("ci"))
    rotated, new = keys.rotate(stores, clock, randomness, row.id, grace_ms=1_000)
    assert (rotated.id, rotated.rotated_at_ms, rotated.previous_until_ms) == (row.id, clock.ms, clock.ms + 1_000)
    assert new.split("-")[1] == row.id
    found = seen(stores, row.id)
    assert (found.digest, found.previous_digest, found.previous_until_ms) == (digest_of(new), digest_of(old), clock.ms + 1_000)


def test_rotation_without_grace_ends_the_old_secret_now(stores: Stores, clock: SetClock) -> None:
    randomness = dice()
    row, _ = keys.create(stores, clock, randomness, NewKey("ci"))
    _, new = keys.rotate(stores, clock, randomness, row.id, grace_ms=0)
    found = seen(stores, row.id)
    assert (found.digest, found.previous_digest, found.previous_until_ms) == (digest_of(new), None, 0)


def test_rotating_within_the_grace_leaves_only_the_last_secret(stores: Stores, clock: SetClock) -> None:
    randomness = dice()
    row, first = keys.create(stores, clock, randomness, NewKey("ci"))
    _, second = keys.rotate(stores, clock, randomness, row.id, grace_ms=1_000)
    _, third = keys.rotate(stores, clock, randomness, row.id, grace_ms=10)
    found = seen(stores, row.id)
    assert (found.digest, found.previous_digest) == (digest_of(third), digest_of(second))
    assert digest_of(first) not in (found.digest, found.previous_digest)


def test_a_negative_grace_is_refused(stores: Stores, clock: SetClock) -> None:
    row, _ = keys.create(stores, clock, dice(), NewKey("ci"))
    with pytest.raises(GraceInvalid, match="-1 ms"):
        keys.rotate(stores, clock, dice(2), row.id, -1)


def test_an_unknown_key_is_named(stores: Stores, clock: SetClock) -> None:
    with pytest.raises(KeyUnknown, match="no key with the public id 'nobody'"):
        keys.show(stores, "nobody")
    with pytest.raises(KeyUnknown):
        keys.revoke(stores, clock, "nobody")
    with pytest.raises(KeyUnknown):
        keys.rotate(stores, clock, dice(), "nobody", 0)


def test_the_first_admin_key_is_given_out_once(stores: Stores, clock: SetClock) -> None:
    randomness = dice()
    keys.create(stores, clock, randomness, NewKey("ci"))
    whole = keys.bootstrap_admin(stores, clock, randomness)
    assert whole is not None
    found = seen(stores, whole.split("-")[1])
    assert (found.role, found.digest) == ("admin", digest_of(whole))
    assert keys.bootstrap_admin(stores, clock, randomness) is None
    keys.revoke(stores, clock, found.id)
    assert keys.bootstrap_admin(stores, clock, randomness) is None
