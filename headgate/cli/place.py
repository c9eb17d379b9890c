"""Where a command works: the data directory that the options name, and the store in it."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from headgate.cli.failures import NothingThere
from headgate.config import load
from headgate.core.stores import Stores
from headgate.stores import sqlite

ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", metavar="FILE", help="Configuration; default: ./headgate.yaml, if it is there.")
]
DataDir = Annotated[Path | None, typer.Option("--data-dir", metavar="DIR", help="Where journal, store and keys are kept.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def data_dir(config: Path | None, chosen: Path | None) -> Path:
    """The folder that the options mean. Raises ConfigError."""
    return chosen.absolute() if chosen is not None else load.data_dir(config, load.environment())


@contextmanager
def opened(config: Path | None, chosen: Path | None, make: bool = False) -> Generator[Stores]:
    """The store, closed when the block ends. Only what creates something makes a store where none is."""
    folder = data_dir(config, chosen)
    file = folder / sqlite.FILE_NAME
    if not make and not file.is_file():
        raise NothingThere(f"There is no data in {folder} yet. Start `headgate serve` there, or name its configuration with -c.")
    stores = sqlite.build(sqlite.Options(file))
    try:
        yield stores
    finally:
        stores.close()
