"""A provider's prompt cache: which beginnings of prompts it has seen, per account and model."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable

MOST = 8_192


class Prefixes:
    """Digests of prompt beginnings, the least recently used of which make room."""

    def __init__(self) -> None:
        self._seen: OrderedDict[bytes, None] = OrderedDict()

    def known(self, digest: bytes) -> bool:
        if digest not in self._seen:
            return False
        self._seen.move_to_end(digest)
        return True

    def learn(self, digest: bytes) -> None:
        self._seen[digest] = None
        self._seen.move_to_end(digest)
        while len(self._seen) > MOST:
            self._seen.popitem(last=False)

    def clear(self) -> None:
        self._seen.clear()


def digests(scope: str, blocks: Iterable[bytes]) -> list[bytes]:
    """One digest for each beginning: the first block, the first two, and so on."""
    running = hashlib.sha256(scope.encode())
    found: list[bytes] = []
    for block in blocks:
        running.update(len(block).to_bytes(8, "big"))
        running.update(block)
        found.append(running.digest())
    return found
