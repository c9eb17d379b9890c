"""What commands print on: tables that fit a terminal, whole lines where nobody looks, JSON where it is asked for."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

WIDE = 1_000
"""Nothing is cut or folded in a file or a pipe."""

OUTCOME_STYLES = {
    "ok": "green",
    "refused": "yellow",
    "error": "red",
    "truncated": "red",
    "client_gone": "yellow",
    "interrupted": "red",
    "active": "green",
    "rotating": "yellow",
    "expired": "yellow",
    "revoked": "red",
}


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    right: bool = False
    whole: bool = False
    """Folded over lines rather than cut: ids must be there to be copied."""


def console() -> Console:
    """A console for stdout as it is now."""
    seen = sys.stdout.isatty()
    return Console(file=sys.stdout, highlight=False, markup=False, emoji=False, width=None if seen else WIDE, no_color=not seen or None)


def table(columns: Sequence[Column], rows: Iterable[Sequence[str | Text]]) -> None:
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        drawn.add_column(column.name, justify="right" if column.right else "left", overflow="fold" if column.whole else "ellipsis")
    for row in rows:
        drawn.add_row(*(plain(cell) if isinstance(cell, str) else cell for cell in row))
    lines(drawn)


def state(word: str) -> Text:
    return Text(word, style=OUTCOME_STYLES.get(word, ""))


def plain(text: str) -> Text:
    """Text as it is: no markup, and what could steer a terminal made visible."""
    return Text("".join(letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text))


def lines(*what: str | Text | Table) -> None:
    out = console()
    for each in what:
        with out.capture() as captured:
            out.print(each, soft_wrap=not isinstance(each, Table))
        # A table pads its last column: a file need not have that.
        sys.stdout.write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def as_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")
