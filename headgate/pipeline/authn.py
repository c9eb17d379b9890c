"""Who is calling: the virtual key in one of the headers that SDKs use, checked against digests in constant time."""

from __future__ import annotations

from hashlib import sha256

from headgate.core.access import Access, Key, check
from headgate.core.errors import Unauthenticated
from headgate.core.ports import Exchange

KEY_HEADERS = (b"x-api-key", b"authorization", b"api-key", b"x-goog-api-key")
"""Where SDKs put a key. The first that is there decides, so that a request cannot carry two identities."""


def identify(access: Access, exchange: Exchange, now_ms: int) -> Key:
    """The key that the request carries. Raises Unauthenticated with what is wrong and what to do."""
    token = credential(exchange)
    public_id, _, secret = token[3:].partition(b"-") if token.startswith(b"hg-") else (b"", b"", b"")
    return check(access.keys.get(public_id.decode("ascii", "replace")), sha256(secret).digest(), now_ms)


def credential(exchange: Exchange) -> bytes:
    """The token as it was sent. Raises Unauthenticated where there is none or more than one in a header."""
    for name in KEY_HEADERS:
        value = exchange.header(name)
        if value is None:
            continue
        if exchange.repeats(name):
            raise Unauthenticated(f"The header '{name.decode()}' was sent more than once. Send one key, once.")
        if name != b"authorization":
            return value.strip()
        scheme, _, token = value.partition(b" ")
        if scheme.lower() != b"bearer":
            raise Unauthenticated("Authorization must be `Bearer <key>`.")
        return token.strip()
    raise Unauthenticated("No API key was sent. Send it as `Authorization: Bearer <key>` or `x-api-key: <key>`.")
