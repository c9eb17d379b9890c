"""The journal's writing side: one `write(2)` for each entry, so that a killed process loses nothing it has answered for.

The rules:
- An entry is whole in the file when the call returns, or the call raises JournalUnavailable and the request must not go on.
- Nothing is buffered here. A background thread makes the entries safe against power cuts too (`fsync`).
- A failed write is cut off again, and nothing more is admitted until there is room for what is already running (see room.py).
- An entry that settles an admitted request and cannot be written is kept and written as soon as it can be; the call raises all the
  same, because until then the entry would not survive the process.
- The writer holds a lock on `<writer>.lock` as long as it lives. The recorder takes a lock that is free for a writer that is dead, so
  a process that has opened a journal must not fork without exec.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from headgate.core.errors import ConfigError, JournalUnavailable
from headgate.core.record import Admitted, Settled
from headgate.ledger import segment
from headgate.ledger.room import Room

log = logging.getLogger(__name__)

FOLDER = "journal"
"""Where it is in the data directory."""

FULL = {errno.ENOSPC, errno.EDQUOT}

HEAL_EVERY_S = 1.0

RETRY_AFTER_S = 5


@dataclass(frozen=True, slots=True)
class Options:
    fsync: Literal["interval", "always"] = "interval"
    """interval: a power cut may lose the last `fsync_interval_ms`; a killed process loses nothing. always: nothing is lost, and
    every request waits twice for the disk."""
    fsync_interval_ms: int = 100
    segment_bytes: int = 16 << 20
    segment_age_ms: int = 60_000
    reserve_bytes: int = 4 << 20
    """Disk space set aside for settling what is running when the disk is full."""


def new_writer(now_us: int, chance: bytes) -> str:
    """A name that no other journal has, ever; later ones sort after earlier ones."""
    return f"{now_us:014x}{chance.hex()}"


class FileJournal:
    """An open journal. Its calls may come from any thread."""

    def __init__(self, data_dir: Path, writer: str, options: Options) -> None:
        """Raises ConfigError where `data_dir` cannot be written. `writer` is from `new_writer`."""
        self._folder = data_dir / FOLDER
        self._writer = writer
        self._options = options
        self._always = options.fsync == "always"
        self._room = Room(self._folder / f"{writer}.reserve", options.reserve_bytes)
        self._lock = threading.Lock()
        self._running: set[str] = set()
        self._owed: list[bytes] = []
        self._fault: OSError | None = None
        self._sequence = 0
        self._end = 0
        """Length of the segment up to its last whole frame."""
        self._limit = options.segment_bytes
        """The length from which on the next entry goes to a new segment."""
        self._unsafe = False
        self._fresh = False
        self._retired: list[int] = []
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock_descriptor = _hold(self._folder / f"{writer}.lock")
            self._room.take()
            self._descriptor = self._next_segment()
        except OSError as cause:
            raise ConfigError(
                f"The journal in {self._folder} cannot be written ({cause.strerror}). "
                f"Give Headgate a data_dir it may write to, with at least {options.reserve_bytes >> 20} MB free."
            ) from cause
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_safe, name="journal-fsync", daemon=True)
        self._thread.start()

    @property
    def unavailable(self) -> str | None:
        """Why nothing is admitted at the moment; None when all is well."""
        return None if self._fault is None else os.strerror(self._fault.errno or errno.EIO)

    @property
    def owed(self) -> int:
        """How many settled requests wait in memory for the disk; never more than were running when it failed."""
        return len(self._owed)

    def admitted(self, entry: Admitted) -> None:
        """Raises JournalUnavailable when it cannot be written."""
        data = segment.frame(entry)
        with self._lock:
            self._add(data)
            self._running.add(entry.id)

    def settled(self, entry: Settled) -> None:
        """Raises JournalUnavailable when it cannot be written; if its request was admitted, the entry is then written later."""
        data = segment.frame(entry)
        with self._lock:
            if entry.id in self._running:
                self._running.remove(entry.id)
                self._settle(data)
            else:
                self._add(data)

    def close(self) -> None:
        """Write what is owed, make it safe, and let the recorder finish this writer's files. Closing again does nothing."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._thread.join()
        with self._lock:
            try:
                self._room.give_up()
                self._pay()
            except OSError:
                log.error("journal_closed_owing entries=%d", len(self._owed))
            for descriptor in (*self._retired, self._descriptor):
                with contextlib.suppress(OSError):
                    os.fdatasync(descriptor)
                os.close(descriptor)
            self._descriptor = -1
            os.close(self._lock_descriptor)

    # -- under the lock ---------------------------------------------------------------------------------------------------

    def _add(self, data: bytes) -> None:
        """Write what may be refused."""
        try:
            if self._fault is not None:
                self._pay()
                self._room.take()
            self._append(data)
        except OSError as cause:
            raise self._failed(cause) from cause
        if self._fault is not None:
            self._healed()

    def _settle(self, data: bytes) -> None:
        """Write what must not be lost, into the space set aside if need be."""
        try:
            self._append(data)
            return
        except OSError as cause:
            failure = self._failed(cause)
        self._room.give_up()
        try:
            self._append(data)
        except OSError as cause:
            self._owed.append(data)
            self._cut(cause)
            raise failure from cause

    def _append(self, data: bytes) -> None:
        if self._end >= self._limit:
            self._rotate()
        written = os.write(self._descriptor, data)
        if written != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._end += written
        self._unsafe = True
        if self._always:
            os.fdatasync(self._descriptor)
            self._unsafe = False

    def _pay(self) -> None:
        while self._owed:
            self._append(self._owed[0])
            del self._owed[0]

    def _failed(self, cause: OSError) -> JournalUnavailable:
        self._cut(cause)
        if self._fault is None:
            log.error("journal_unavailable folder=%s cause=%r", self._folder, cause.strerror)
        self._fault = cause
        return _unavailable(cause)

    def _cut(self, cause: OSError) -> None:
        """Undo what a failed write has left, or leave this segment where it is not to be trusted."""
        if cause.errno not in FULL:
            self._limit = 0
        try:
            os.ftruncate(self._descriptor, self._end)
        except OSError:
            self._limit = 0  # the segment keeps a torn end, which readers know how to skip

    def _healed(self) -> None:
        self._fault = None
        log.warning("journal_available folder=%s", self._folder)

    def _rotate(self) -> None:
        descriptor = self._next_segment()
        self._retired.append(self._descriptor)
        self._descriptor = descriptor

    def _next_segment(self) -> int:
        path = self._folder / segment.name(self._writer, self._sequence + 1)
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if os.write(descriptor, segment.HEADER) != len(segment.HEADER):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if self._always:
                _sync_folder(self._folder)
        except OSError:
            os.close(descriptor)
            path.unlink()
            raise
        self._sequence += 1
        self._end = len(segment.HEADER)
        self._limit = self._options.segment_bytes
        self._fresh = True
        self._opened_s = time.monotonic()
        return descriptor

    # -- in the background ------------------------------------------------------------------------------------------------

    def _keep_safe(self) -> None:
        healed_s = time.monotonic()
        while not self._stopping.wait(self._options.fsync_interval_ms / 1000):
            try:
                self._sync()
            except OSError as cause:
                with self._lock:
                    self._failed(cause)
                    self._limit = 0
            now_s = time.monotonic()
            if self._fault is not None and now_s - healed_s >= HEAL_EVERY_S:
                healed_s = now_s
                self._try_again()
            if now_s - self._opened_s >= self._options.segment_age_ms / 1000 and self._end > len(segment.HEADER):
                self._limit = 0

    def _sync(self) -> None:
        with self._lock:
            retired, self._retired = self._retired, []
            unsafe, self._unsafe = self._unsafe, False
            fresh, self._fresh = self._fresh, False
            current = self._descriptor
        # Not under the lock: a disk may take its time. Only this thread closes, so no descriptor goes away under it.
        try:
            for descriptor in retired:
                os.fdatasync(descriptor)
            if unsafe:
                os.fdatasync(current)
            if fresh:
                _sync_folder(self._folder)
        finally:
            for descriptor in retired:
                os.close(descriptor)

    def _try_again(self) -> None:
        """Heal without waiting for a request: a gateway that says it is not ready gets none."""
        with self._lock:
            try:
                self._rotate()
                self._pay()
                self._room.take()
            except OSError as cause:
                self._failed(cause)
            else:
                self._healed()


def _hold(path: Path) -> int:
    """A lock on `path` that ends with this process."""
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Between the two calls a recorder may have taken the file for a dead writer's, and deleted it.
        with contextlib.suppress(FileNotFoundError):
            if path.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unavailable(cause: OSError) -> JournalUnavailable:
    remedy = "free disk space" if cause.errno in FULL else "look at its disk"
    return JournalUnavailable(
        f"The gateway cannot write its journal ({os.strerror(cause.errno or errno.EIO)}), and it serves nothing unrecorded. "
        f"Try again later; whoever runs it must {remedy}.",
        retry_after_s=RETRY_AFTER_S,
    )
