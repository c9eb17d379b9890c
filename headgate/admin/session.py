"""Who is an administrator: the holder of an admin key, or of a session that one was exchanged for."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from headgate.control import access
from headgate.control.secrets import PREFIX, digest
from headgate.core.access import Access, Key, check
from headgate.core.errors import CallerError, Unauthenticated
from headgate.core.ports import Clock
from headgate.core.stores import Stores

LIFE_MS = 12 * 3_600_000
MOST = 1_000
"""Sessions at once. One more ends the oldest."""


class NotAdmin(CallerError):
    """The key is good, but not for this."""

    kind, code = "forbidden", "admin_key_needed"

    def __init__(self) -> None:
        super().__init__("This key is for calling models. Use an admin key: `headgate keys create --admin` makes one.")


@dataclass(frozen=True, slots=True)
class Session:
    key_id: str
    digest: bytes
    """Of the secret it was begun with: when that ends, it ends."""
    csrf: str
    """What its forms must carry."""
    expires_at_ms: int


class Sessions:
    """The sessions of this process, by the digest of their token, oldest first."""

    def __init__(self, clock: Clock, token: Callable[[], str] = secrets.token_urlsafe) -> None:
        self._clock = clock
        self._token = token
        self._lock = threading.Lock()
        self._sessions: OrderedDict[bytes, Session] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def begin(self, key: Key, secret_digest: bytes) -> str:
        """The token of a new session."""
        token = self._token()
        session = Session(key.id, secret_digest, self._token(), self._clock.now_us() // 1000 + LIFE_MS)
        with self._lock:
            self._sessions[_name(token)] = session
            while len(self._sessions) > MOST:
                self._sessions.popitem(last=False)
        return token

    def find(self, token: str | None) -> Session | None:
        """The session, unless it has ended."""
        if not token:
            return None
        with self._lock:
            session = self._sessions.get(_name(token))
            if session is not None and session.expires_at_ms <= self._clock.now_us() // 1000:
                del self._sessions[_name(token)]
                return None
        return session

    def end(self, token: str | None) -> None:
        with self._lock:
            self._sessions.pop(_name(token or ""), None)


class Administrators:
    """Which admin keys are good at this moment. Its calls read the store: call it from a thread."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._clock = clock
        self._known: Access | None = None

    def key(self, credential: str) -> tuple[Key, bytes]:
        """The admin key that is written out, and its secret's digest. Raises Unauthenticated, NotAdmin."""
        prefix, _, rest = credential.strip().partition("-")
        public_id, _, secret = rest.partition("-")
        given = digest(secret)
        key = self._checked(public_id if prefix == PREFIX else "", given)
        if key.role != "admin":
            raise NotAdmin
        return key, given

    def holds(self, session: Session) -> bool:
        """Whether the key that a session was begun with is still good."""
        try:
            return self._checked(session.key_id, session.digest).role == "admin"
        except Unauthenticated:
            return False

    def _checked(self, id: str, secret_digest: bytes) -> Key:
        self._known = access.load(self._stores, self._known)
        return check(self._known.keys.get(id), secret_digest, self._clock.now_us() // 1000)


def same(one: str, other: str) -> bool:
    """Whether two tokens are equal, in constant time; no token equals none."""
    return bool(one) and compare_digest(one.encode(), other.encode())


def _name(token: str) -> bytes:
    # Looked up by digest: how long a look-up takes tells nothing about the tokens there are.
    return sha256(token.encode()).digest()
