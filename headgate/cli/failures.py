"""How a command ends: the exit statuses, and every failure as one sentence on stderr."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable

from headgate.core.errors import ConfigError, HeadgateError, Kind

OK = 0
REFUSED = 1
"""What was asked is refused, or the configuration is invalid."""
USAGE = 2
"""The command line itself is wrong."""
NOT_FOUND = 3
UNAVAILABLE = 4
"""The store or the journal cannot be used now: trying again may help."""
FAULT = 70
"""A fault in Headgate."""
INTERRUPTED = 130

STATUSES: dict[Kind, int] = {"not_found": NOT_FOUND, "unavailable": UNAVAILABLE}

DOCUMENTED = (
    (OK, "done"),
    (REFUSED, "refused, or the configuration is invalid"),
    (USAGE, "the command line is wrong"),
    (NOT_FOUND, "there is no such key, team, record or data directory"),
    (UNAVAILABLE, "the store is locked or away; try again"),
    (FAULT, "a fault in Headgate"),
    (INTERRUPTED, "interrupted"),
)


class NothingThere(HeadgateError):
    """The data directory has never been used."""

    kind, code = "not_found", "data_directory_empty"


class UsageWrong(Exception):
    """The command line cannot be understood; the message says why."""


def told(command: Callable[[], int]) -> int:
    """The command's exit status; where it fails, after saying why."""
    try:
        status = command()
        sys.stdout.flush()
        return status
    except ConfigError as refusal:
        return _say(_configuration(str(refusal)), REFUSED)
    except UsageWrong as refusal:
        return _say(str(refusal), USAGE)
    except HeadgateError as error:
        return _say(error.message, STATUSES.get(error.kind, REFUSED))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has had enough. What is left in the buffer must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as fault:  # noqa: BLE001 - the one handler everything unforeseen rises to: an operator gets a sentence, never a traceback
        where = traceback.extract_tb(fault.__traceback__)[-1]
        return _say(f"This is a fault in Headgate: {type(fault).__name__} at {where.filename}:{where.lineno}. Please report it.", FAULT)


def warn(sentence: str) -> None:
    """Say on stderr what was done as asked, but may not be what was meant."""
    sys.stderr.write(f"headgate: warning: {sentence}\n")


def _configuration(refusal: str) -> str:
    """All that is wrong with the configuration: a sentence, or a list where there is more."""
    found = refusal.count("\n") + 1
    return refusal if found == 1 else f"the configuration has {found} mistakes.\n{refusal}"


def _say(sentence: str, status: int) -> int:
    sys.stderr.write(f"headgate: {sentence}\n")
    return status
