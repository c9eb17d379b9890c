"""Loading the journal into the store: each entry exactly once, whoever dies when.

Rows and the place in the segment they came from are committed together, so a recorder that is killed goes on where it was; and a
request's id is unique in the store, so that even a segment read twice gives no second row. A segment is deleted after all of it is
committed, and its place forgotten after that.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from headgate.core.record import Admitted, Entry, Settled
from headgate.core.stores import Batch, Ledger
from headgate.ledger import recovery, segment

log = logging.getLogger(__name__)

BATCH = 2_000


@dataclass(slots=True)
class Writer:
    """One gateway process's files, as listed."""

    sequences: list[int] = field(default_factory=list[int])

    def segments(self, name: str, dead: bool) -> Iterator[tuple[str, bool]]:
        """Each segment, and whether nothing will be appended to it any more."""
        last = max(self.sequences, default=0)
        for sequence in sorted(self.sequences):
            yield segment.name(name, sequence), dead or sequence != last


class Loader:
    """Knows how far everything has been loaded. One for each journal folder; the recorder's lock sees to that."""

    def __init__(self, folder: Path, ledger: Ledger) -> None:
        """Raises StoreUnavailable where the store cannot say how far loading has come."""
        self._folder = folder
        self._ledger = ledger
        self._positions = dict(ledger.positions())
        self._open = dict(ledger.open_admissions())
        self._gone = [name for name in self._positions if not (folder / name).exists()]

    def load(self) -> int:
        """Everything there is to load now; how many entries that were. Raises StoreUnavailable, and can then be called again."""
        loaded = sum(self._load_writer(name, writer) for name, writer in sorted(self._writers().items()))
        self._forget()
        return loaded

    def _writers(self) -> dict[str, Writer]:
        found = {name: Writer() for name in set(self._open.values())}
        with os.scandir(self._folder) as entries:
            names = [entry.name for entry in entries]
        for name in names:
            if match := segment.NAME.fullmatch(name):
                found.setdefault(match["writer"], Writer()).sequences.append(int(match["sequence"]))
            elif name.endswith(".lock"):
                found.setdefault(name.removesuffix(".lock"), Writer())
        return found

    def _load_writer(self, name: str, writer: Writer) -> int:
        with recovery.holding(self._folder / f"{name}.lock") as dead:
            if dead:
                # Listed again: it may have gone on to another segment between the listing and its death.
                writer = self._writers().get(name, writer)
            loaded = sum(self._load_segment(name, file, ended) for file, ended in writer.segments(name, dead))
            if dead:
                self._finish(name)
        return loaded

    def _finish(self, name: str) -> None:
        count = recovery.finish(self._ledger, name)
        self._open = {id: writer for id, writer in self._open.items() if writer != name}
        recovery.sweep(self._folder, name)
        log.info("writer_finished writer=%s interrupted=%d", name, count)

    def _load_segment(self, writer: str, name: str, ended: bool) -> int:
        """All of one segment; of one that is still written to, what it has now."""
        path = self._folder / name
        size = _size(path)
        if size is None:
            return 0
        loaded = 0
        while self._positions.get(name, 0) < size:
            part = segment.read(path, self._positions.get(name, 0), BATCH, ended)
            if part.offset == self._positions.get(name, 0):
                return loaded
            kept = _keep(path) if part.damage else None
            self._commit(writer, name, part)
            _report(path, part, kept)
            loaded += len(part.entries)
        if ended:
            path.unlink()
            self._gone.append(name)
        return loaded

    def _commit(self, writer: str, name: str, part: segment.Part) -> None:
        settled, admitted = _pair(part.entries)
        closed = [entry.id for entry in settled if entry.id in self._open]
        self._ledger.load(
            Batch(settled=settled, admitted=list(admitted.values()), closed=closed, writer=writer, segment=name, offset=part.offset)
        )
        # Only now: a load that failed is tried again from here.
        self._positions[name] = part.offset
        for id in closed:
            del self._open[id]
        self._open.update(dict.fromkeys(admitted, writer))

    def _forget(self) -> None:
        """Drop the places of segments that are deleted."""
        if self._gone:
            self._ledger.forget(self._gone)
            for name in self._gone:
                self._positions.pop(name, None)
            self._gone = []


def _pair(entries: list[Entry]) -> tuple[list[Settled], dict[str, Admitted]]:
    """What was settled, and what was only admitted."""
    settled: list[Settled] = []
    admitted: dict[str, Admitted] = {}
    for entry in entries:
        if isinstance(entry, Settled):
            settled.append(entry)
            admitted.pop(entry.id, None)
        else:
            admitted[entry.id] = entry
    return settled, admitted


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return None


def _keep(path: Path) -> Path:
    """A damaged segment under another name, for whoever wants to look; its bytes are not on disk twice where that can be had."""
    kept = path.with_name(f"{path.name}.bad")
    if not kept.exists():
        try:
            os.link(path, kept)
        except OSError:
            shutil.copyfile(path, kept)
    return kept


def _report(path: Path, part: segment.Part, kept: Path | None) -> None:
    for damage in part.damage:
        log.error("segment_damaged segment=%s offset=%d bytes=%d kept=%s", path.name, damage.offset, damage.length, kept)
    if part.torn_bytes:
        log.warning("segment_torn segment=%s offset=%d bytes=%d", path.name, part.offset - part.torn_bytes, part.torn_bytes)
