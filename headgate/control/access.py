"""The snapshot of all keys that the data plane decides by, and whether it is still the newest."""

from __future__ import annotations

from headgate.core.access import Access
from headgate.core.stores import Stores


def version(stores: Stores) -> int:
    """The newest snapshot's version. Cheap: ask four times a second, and a revocation is in force within one."""
    return stores.keys.version()


def load(stores: Stores, known: Access | None = None) -> Access:
    """The newest snapshot; made from `known` and what has changed since, where that is given."""
    newest, changed = stores.keys.changed(0 if known is None else known.version)
    if known is None:
        return Access(newest, {key.id: key for key in changed})
    if newest == known.version:
        return known
    if newest < known.version:  # the store was replaced by an older one
        return load(stores)
    return Access(newest, {**known.keys, **{key.id: key for key in changed}})
