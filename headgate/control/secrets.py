"""New ids and secrets, made from random bytes that come in from outside, and what is kept of a secret."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from string import ascii_letters, ascii_lowercase, digits

Randomness = Callable[[int], bytes]
"""That many unpredictable bytes: the standard library's `secrets.token_bytes`, outside of tests."""

PREFIX = "hg"

ID_LETTERS = ascii_lowercase + digits
SECRET_LETTERS = ascii_letters + digits
"""No `-`, which separates the parts of a key, and nothing that must be escaped in a URL, a header or a shell."""

ID_LENGTH = 12
SECRET_LENGTH = 43
"""256 bits."""


def new_id(randomness: Randomness) -> str:
    return _spell(randomness(16), ID_LETTERS, ID_LENGTH)


def new_secret(randomness: Randomness) -> str:
    return _spell(randomness(40), SECRET_LETTERS, SECRET_LENGTH)


def digest(secret: str) -> bytes:
    """What is kept of a secret. Plain SHA-256 is enough: nobody can try all of 2²⁵⁶ secrets, as they could passwords."""
    return sha256(secret.encode()).digest()


def whole(id: str, secret: str) -> str:
    """The key as its owner uses it."""
    return f"{PREFIX}-{id}-{secret}"


def _spell(entropy: bytes, letters: str, length: int) -> str:
    # Far more entropy than letters need, so that each letter is as likely as any other.
    number = int.from_bytes(entropy, "big")
    spelled: list[str] = []
    for _ in range(length):
        number, letter = divmod(number, len(letters))
        spelled.append(letters[letter])
    return "".join(spelled)
