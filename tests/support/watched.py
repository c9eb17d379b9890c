"""A Python process whose network use and log lines can be read afterwards: what it needs is in the environment of its children."""

from __future__ import annotations

import json
from pathlib import Path

# Python runs a module of this name at start, in the process and in all that it starts.
SITECUSTOMIZE = """
import json, logging, sys

def _watch(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        with open({journal!r}, "a") as journal:
            journal.write(json.dumps([event, repr(arguments[1:] if event == "socket.connect" else arguments)]) + "\\n")

sys.addaudithook(_watch)
logging.basicConfig(level=logging.{level}, stream=sys.stderr)
"""


class Watch:
    """Give `environment` to the process."""

    def __init__(self, folder: Path, level: str = "INFO") -> None:
        place = folder / "watched"
        place.mkdir()
        self._journal = place / "network.jsonl"
        (place / "sitecustomize.py").write_text(SITECUSTOMIZE.format(journal=str(self._journal), level=level))
        self.environment = {"PYTHONPATH": str(place)}

    @property
    def network(self) -> list[tuple[str, str]]:
        """Every name that was looked up and every address that was connected to, by any of the processes."""
        lines = self._journal.read_text().splitlines() if self._journal.exists() else []
        return [(event, arguments) for event, arguments in map(json.loads, lines)]
