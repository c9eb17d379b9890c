"""Who is an administrator, and for how long."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from headgate.admin import session
from headgate.admin.session import LIFE_MS, MOST, Administrators, NotAdmin, Sessions
from headgate.control import keys
from headgate.core.access import Key
from headgate.core.errors import Unauthenticated
from tests.support.ledger import SetClock, dice
from tests.support.office import Office, open_office

KEY = Key("k1", "boss", "default", b"d", "admin")


def table(clock: SetClock) -> Sessions:
    numbers = count()
    return Sessions(clock, lambda: f"token-{next(numbers)}")


def test_a_session_is_found_by_its_token_until_it_ends() -> None:
    sessions = table(SetClock())
    token = sessions.begin(KEY, b"d")
    found = sessions.find(token)
    assert found is not None
    assert found.key_id == "k1"
    assert sessions.find("token-nobody-has") is None
    assert sessions.find(None) is None
    sessions.end(token)
    assert sessions.find(token) is None


def test_a_session_expires() -> None:
    clock = SetClock()
    sessions = table(clock)
    token = sessions.begin(KEY, b"d")
    clock.pass_ms(LIFE_MS - 1)
    assert sessions.find(token) is not None
    clock.pass_ms(1)
    assert sessions.find(token) is None
    assert len(sessions) == 0


def test_there_is_a_bound_and_the_oldest_goes_first() -> None:
    sessions = table(SetClock())
    tokens = [sessions.begin(KEY, b"d") for _ in range(MOST + 1)]
    assert len(sessions) == MOST
    assert sessions.find(tokens[0]) is None
    assert sessions.find(tokens[-1]) is not None


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_only_a_whole_admin_key_that_is_in_force_opens(office: Office) -> None:
    administrators = Administrators(office.stores, office.clock)
    row, whole = office.key("boss", "admin")
    assert administrators.key(whole)[0].id == row.id
    assert administrators.key(f" {whole}\n")[0].id == row.id
    for wrong in ("", "hg", "hg--", whole[:-1], whole + "x", whole.removeprefix("hg-"), f"hg-{row.id}-", f"xx-{row.id}-{whole}"):
        with pytest.raises(Unauthenticated):
            administrators.key(wrong)


def test_a_key_for_calling_models_is_refused_by_role(office: Office) -> None:
    with pytest.raises(NotAdmin):
        Administrators(office.stores, office.clock).key(office.key("app")[1])


def test_expiry_and_revocation_end_key_and_session(office: Office) -> None:
    administrators, sessions = Administrators(office.stores, office.clock), table(office.clock)
    for end in ("expire", "revoke"):
        row, whole = office.key(f"boss to {end}", "admin", expires_at_ms=office.clock.ms + 1_000 if end == "expire" else None)
        held = sessions.find(sessions.begin(*administrators.key(whole)))
        assert held is not None
        assert administrators.holds(held)
        office.clock.pass_ms(1_000)
        if end == "revoke":
            keys.revoke(office.stores, office.clock, row.id)
        assert not administrators.holds(held)
        with pytest.raises(Unauthenticated, match="expired" if end == "expire" else "revoked"):
            administrators.key(whole)
        with pytest.raises(Unauthenticated, match="not known here"):  # how it ended is told only to who knows the secret
            administrators.key(whole[:-1])


def test_rotation_ends_sessions_of_the_old_secret_after_the_grace_period(office: Office) -> None:
    administrators, sessions = Administrators(office.stores, office.clock), table(office.clock)
    row, whole = office.key("boss", "admin")
    held = sessions.find(sessions.begin(*administrators.key(whole)))
    assert held is not None
    keys.rotate(office.stores, office.clock, dice(9), row.id, 60_000)
    assert administrators.holds(held)
    office.clock.pass_ms(60_000)
    assert not administrators.holds(held)
    with pytest.raises(Unauthenticated, match="grace period is over"):
        administrators.key(whole)


def test_no_token_equals_no_token() -> None:
    assert not session.same("", "")
    assert session.same("é", "é")
    assert not session.same("a", "b")
