"""What to do with the files of a writer that is dead: know it, finish its requests, delete them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from headgate.core.record import interrupted
from headgate.core.stores import Batch, Ledger


@contextmanager
def holding(path: Path, make: bool = False) -> Generator[bool]:
    """Whether the lock at `path` was free; if so, it is ours inside the block. A file that is not there is a free lock."""
    try:
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if make else 0), 0o600)
    except FileNotFoundError:
        yield True
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def finish(ledger: Ledger, writer: str) -> int:
    """Rows for what a dead writer left running, marked interrupted and charged by estimate. How many that were.

    Only once all of its segments have been loaded: what is still admitted then was never settled.
    """
    left = ledger.admissions(writer)
    if left:
        ledger.load(Batch(settled=[interrupted(entry) for entry in left], closed=[entry.id for entry in left], writer=writer))
    return len(left)


def sweep(folder: Path, writer: str) -> None:
    """Delete what a dead writer left beside its segments; the lock last, because it is what says that the writer is known."""
    (folder / f"{writer}.reserve").unlink(missing_ok=True)
    (folder / f"{writer}.lock").unlink(missing_ok=True)
