"""Ids, secrets and digests."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from headgate.control import secrets
from tests.support.ledger import dice


@given(st.integers(0, 1 << 32))
def test_ids_and_secrets_are_of_safe_letters_and_full_length(seed: int) -> None:
    randomness = dice(seed)
    id, secret = secrets.new_id(randomness), secrets.new_secret(randomness)
    assert (len(id), len(secret)) == (12, 43)
    assert set(id) <= set(secrets.ID_LETTERS)
    assert set(secret) <= set(secrets.SECRET_LETTERS)
    assert secrets.whole(id, secret).split("-") == ["hg", id, secret]


def test_every_letter_comes_up_and_none_more_often_than_others() -> None:
    randomness = dice()
    text = "".join(secrets.new_secret(randomness) for _ in range(2_000))
    counts = [text.count(letter) for letter in secrets.SECRET_LETTERS]
    assert min(counts) > 0.8 * len(text) / 62
    assert max(counts) < 1.2 * len(text) / 62


def test_a_secret_of_nothing_but_zeros_still_has_its_length() -> None:
    assert secrets.new_secret(bytes) == "a" * 43


def test_what_is_kept_is_the_sha_256_of_the_secret_part() -> None:
    assert secrets.digest("abc") == sha256(b"abc").digest()
