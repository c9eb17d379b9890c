"""A gateway's journal in a process of its own, to be killed: says `a ID` and `s ID` once the call for that id has returned."""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from headgate.ledger.journal import FileJournal
from tests.support import ledger


def main(data_dir: Path, writer: str, seed: int) -> None:
    journal = FileJournal(data_dir, writer, ledger.SMALL)
    dice = random.Random(seed)
    running: list[str] = []
    number = 0
    while True:
        if len(running) < 2 or (len(running) < 40 and dice.random() < 0.5):
            number += 1
            id = f"{writer}r{number}"
            journal.admitted(ledger.admitted(id))
            running.append(id)
            os.write(1, f"a {id}\n".encode())
        else:
            id = running.pop(dice.randrange(len(running)))
            journal.settled(ledger.settled(id))
            os.write(1, f"s {id}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
