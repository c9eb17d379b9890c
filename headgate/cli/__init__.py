"""The command `headgate`. `main` decides what has to be loaded: serving must be fast to start, so it goes without Typer and Rich."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from headgate import registry
from headgate.cli import failures

SERVE = "serve"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; what it returns is the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == [SERVE]:
        return failures.told(lambda: registry.command_line(SERVE).main(given[1:]))
    return failures.told(lambda: registry.command_line("commands").main(given))
