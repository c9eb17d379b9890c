"""Virtual keys: made, shown, rotated, revoked. A secret is returned once, by what made it, and only its digest is kept."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.control import names, secrets, teams
from headgate.control.refusals import ExpiryPast, GraceInvalid, KeyRevoked, KeyUnknown, ModelsInvalid, NameTaken
from headgate.control.secrets import Randomness
from headgate.core.access import Role
from headgate.core.ports import Clock
from headgate.core.stores import DEFAULT_TEAM, KeyRow, Stores

FIRST_ADMIN = "first admin"


@dataclass(frozen=True, slots=True)
class NewKey:
    """What to make."""

    name: str
    team: str = DEFAULT_TEAM
    """A team's id or name."""
    role: Role = "caller"
    models: frozenset[str] | None = None
    """Aliases it may use; None means all."""
    expires_at_ms: int | None = None


def create(stores: Stores, clock: Clock, randomness: Randomness, new: NewKey) -> tuple[KeyRow, str]:
    """The key, and the whole key as its owner uses it, `hg-<id>-<secret>`: shown now and never again."""
    now_ms = _now_ms(clock)
    if new.expires_at_ms is not None and new.expires_at_ms <= now_ms:
        raise ExpiryPast
    team = teams.find(stores, new.team)
    secret = secrets.new_secret(randomness)
    row = KeyRow(
        id=secrets.new_id(randomness),
        name=names.check(new.name),
        team_id=team.id,
        created_at_ms=now_ms,
        role=new.role,
        models=_models(new.models),
        expires_at_ms=new.expires_at_ms,
    )
    if not stores.keys.add(row, secrets.digest(secret)):
        raise NameTaken(row.name, f"by another key of team '{team.name}'")
    return row, secrets.whole(row.id, secret)


def bootstrap_admin(stores: Stores, clock: Clock, randomness: Randomness) -> str | None:
    """The first admin key of a new store, whole; None where an admin key was ever made, so it is shown exactly once."""
    secret = secrets.new_secret(randomness)
    row = KeyRow(secrets.new_id(randomness), FIRST_ADMIN, DEFAULT_TEAM, _now_ms(clock), role="admin")
    return secrets.whole(row.id, secret) if stores.keys.add_first(row, secrets.digest(secret)) else None


def every(stores: Stores) -> list[KeyRow]:
    """All keys, oldest first, revoked and expired ones too."""
    return stores.keys.rows()


def show(stores: Stores, id: str) -> KeyRow:
    row = stores.keys.get(id)
    if row is None:
        raise KeyUnknown(id)
    return row


def rotate(stores: Stores, clock: Clock, randomness: Randomness, id: str, grace_ms: int) -> tuple[KeyRow, str]:
    """The same key with a new secret. The secret it had is good for `grace_ms` more; one that was in its grace ends now."""
    if grace_ms < 0:
        raise GraceInvalid(grace_ms)
    if show(stores, id).revoked_at_ms is not None:
        raise KeyRevoked(id)
    now_ms = _now_ms(clock)
    secret = secrets.new_secret(randomness)
    stores.keys.rotate(id, secrets.digest(secret), now_ms, now_ms + grace_ms)
    return show(stores, id), secrets.whole(id, secret)


def revoke(stores: Stores, clock: Clock, id: str) -> KeyRow:
    """The key, which nobody can use any more. Revoking it again changes nothing."""
    if show(stores, id).revoked_at_ms is None:
        stores.keys.revoke(id, _now_ms(clock))
    return show(stores, id)


def _now_ms(clock: Clock) -> int:
    return clock.now_us() // 1000


def _models(models: frozenset[str] | None) -> frozenset[str] | None:
    if models is None:
        return None
    if not models:
        raise ModelsInvalid("The list of models is empty, so the key could call nothing. Name some, or allow all.", param="models")
    if any(not alias or not alias.isprintable() for alias in models):
        raise ModelsInvalid(
            "A name in the list of models is empty or cannot be shown. Name aliases from the configuration.", param="models"
        )
    return models
