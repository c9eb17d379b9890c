"""What the stages share: the world outside as ports, and the snapshots that a change replaces whole."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from headgate.core.access import Access
from headgate.core.ports import Catalog, Clock, Journal
from headgate.upstream.plan import Dice
from headgate.upstream.transport import Transport


def request_ids(boot: int) -> Callable[[int], str]:
    """Ids that sort by time and never repeat: `req_`, milliseconds, this process, a count. Made from microseconds since the epoch."""
    count = itertools.count(random.SystemRandom().randrange(1 << 16))
    process = f"{boot & 0xFFFFFFFFFF:010x}"

    def next_id(at_us: int) -> str:
        return f"req_{at_us // 1000:011x}{process}{next(count) & 0xFFFFFF:06x}"

    return next_id


@dataclass(slots=True)
class Gateway:
    """One gateway process. `access` and `catalog` are replaced, never changed."""

    clock: Clock
    journal: Journal
    transport: Transport
    access: Access
    catalog: Catalog
    max_attempts: int = 3
    dice: Dice = random.random
    new_id: Callable[[int], str] = field(init=False)

    def __post_init__(self) -> None:
        self.new_id = request_ids(random.SystemRandom().getrandbits(40))
