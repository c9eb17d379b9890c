"""A disk of a chosen size under a journal's segments and its reserve."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest


class Disk:
    """Refuses what does not fit, as a file system does: a write is cut short, then fails; space is had again by deleting."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.size = 1 << 30
        self.failure: int | None = None
        """Every write to a segment fails with this."""
        self._write, self._fallocate = os.write, os.posix_fallocate
        patch.setattr(os, "write", self.write)
        patch.setattr(os, "posix_fallocate", self.fallocate)

    @property
    def used(self) -> int:
        return sum(path.stat().st_size for path in self.folder.iterdir())

    @property
    def free(self) -> int:
        return max(0, self.size - self.used)

    def fill(self, left: int = 0) -> None:
        """Leave `left` bytes beside what is on it now."""
        self.size = self.used + left

    def write(self, descriptor: int, data: bytes) -> int:
        if not Path(f"/proc/self/fd/{descriptor}").readlink().is_relative_to(self.folder):
            return self._write(descriptor, data)
        if self.failure is not None:
            raise OSError(self.failure, os.strerror(self.failure))
        free = self.free
        if not free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(descriptor, data[:free])

    def fallocate(self, descriptor: int, offset: int, length: int) -> None:
        if length > self.free:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._fallocate(descriptor, offset, length)
