"""Disk space set aside, so that what has been admitted can be settled when the disk is full.

A file of fixed size that holds nothing. Giving it up frees its space at once, and until it can be made again nothing is admitted:
so the space is there for exactly those requests that were running when the disk filled. Asking the file system how much is free
would not do, because the answer is old by the time it is used, and quotas are not in it.
"""

from __future__ import annotations

import os
from pathlib import Path


class Room:
    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size
        self.held = False

    def take(self) -> None:
        """Set the space aside. Raises OSError where there is not enough."""
        if self.held or not self._size:
            self.held = True
            return
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, self._size)
        except OSError:
            self._path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        self.held = True

    def give_up(self) -> None:
        """Free the space."""
        self._path.unlink(missing_ok=True)
        self.held = False
