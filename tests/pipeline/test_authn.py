"""Who is calling: every place for a key, every way it can be wrong, and what a rotation leaves good."""

from __future__ import annotations

from hashlib import sha256

import pytest
from msgspec.structs import replace

from headgate.core.access import Access, Key
from headgate.core.errors import Unauthenticated
from headgate.pipeline import authn
from tests.support.exchange import FakeExchange

SECRET, OLD, NOW_MS = b"new-secret".replace(b"-", b""), b"oldsecret", 1_000_000
TOKEN, OLD_TOKEN = b"hg-abc-" + SECRET, b"hg-abc-" + OLD
KEY = Key("abc", "test", "team", sha256(SECRET).digest())
ROTATED = replace(KEY, previous_digest=sha256(OLD).digest(), previous_until_ms=NOW_MS + 1)


def identify(key: Key, *headers: tuple[bytes, bytes], now_ms: int = NOW_MS) -> Key:
    return authn.identify(Access(1, {key.id: key}), FakeExchange(list(headers)), now_ms)


@pytest.mark.parametrize(
    "header",
    [
        (b"authorization", b"Bearer " + TOKEN),
        (b"authorization", b"bearer  " + TOKEN + b" "),
        (b"authorization", b"BEARER " + TOKEN),
        (b"x-api-key", TOKEN),
        (b"x-api-key", b" " + TOKEN),
        (b"api-key", TOKEN),
        (b"x-goog-api-key", TOKEN),
    ],
)
def test_a_key_is_known_in_each_of_its_headers(header: tuple[bytes, bytes]) -> None:
    assert identify(KEY, header) is KEY


@pytest.mark.parametrize("name", authn.KEY_HEADERS)
def test_a_header_that_comes_twice_is_refused_even_if_both_are_right(name: bytes) -> None:
    value = b"Bearer " + TOKEN if name == b"authorization" else TOKEN
    with pytest.raises(Unauthenticated, match="sent more than once"):
        identify(KEY, (name, value), (name, value))


def test_of_two_headers_the_first_in_order_decides_alone() -> None:
    assert identify(KEY, (b"authorization", b"Bearer nonsense"), (b"x-api-key", TOKEN)) is KEY
    with pytest.raises(Unauthenticated, match="not known"):
        identify(KEY, (b"authorization", b"Bearer " + TOKEN), (b"x-api-key", b"nonsense"))


@pytest.mark.parametrize(
    ("token", "says"),
    [
        (b"", "not known"),
        (b"hg-", "not known"),
        (b"hg-abc", "not known"),
        (b"hg-abc-", "not known"),
        (b"hg-abc-wrong", "not known"),
        (b"hg-xyz-" + SECRET, "not known"),
        (b"HG-abc-" + SECRET, "not known"),
        (b"hg-abc-" + SECRET + b"\x00", "not known"),
        (b"hg-\xff\xfe-" + SECRET, "not known"),
        (SECRET, "not known"),
        (OLD_TOKEN, "not known"),
    ],
)
def test_what_is_not_the_key_is_not_known(token: bytes, says: str) -> None:
    with pytest.raises(Unauthenticated, match=says):
        identify(KEY, (b"x-api-key", token))


@pytest.mark.parametrize("value", [b"Basic " + TOKEN, TOKEN, b"Bearer" + TOKEN, b""])
def test_only_the_bearer_scheme_is_taken(value: bytes) -> None:
    with pytest.raises(Unauthenticated, match="must be `Bearer <key>`"):
        identify(KEY, (b"authorization", value))


def test_no_key_at_all_says_where_to_put_one() -> None:
    with pytest.raises(Unauthenticated, match="No API key was sent"):
        identify(KEY, (b"cookie", TOKEN))


def test_after_a_rotation_both_secrets_are_good_until_the_grace_ends() -> None:
    for token in (TOKEN, OLD_TOKEN):
        assert identify(ROTATED, (b"x-api-key", token)) is ROTATED
    assert identify(ROTATED, (b"x-api-key", TOKEN), now_ms=NOW_MS + 1) is ROTATED
    with pytest.raises(Unauthenticated, match="replaced by rotation"):
        identify(ROTATED, (b"x-api-key", OLD_TOKEN), now_ms=NOW_MS + 1)


def test_a_revoked_key_is_refused_with_either_secret() -> None:
    for token in (TOKEN, OLD_TOKEN):
        with pytest.raises(Unauthenticated, match="was revoked"):
            identify(replace(ROTATED, revoked=True), (b"x-api-key", token))


def test_a_key_expires_at_its_millisecond() -> None:
    expiring = replace(KEY, expires_at_ms=NOW_MS)
    assert identify(expiring, (b"x-api-key", TOKEN), now_ms=NOW_MS - 1) is expiring
    with pytest.raises(Unauthenticated, match="has expired"):
        identify(expiring, (b"x-api-key", TOKEN), now_ms=NOW_MS)


def test_whether_a_key_is_revoked_is_told_only_to_who_has_its_secret() -> None:
    with pytest.raises(Unauthenticated, match="not known"):
        identify(replace(KEY, revoked=True, expires_at_ms=1), (b"x-api-key", b"hg-abc-wrong"))
