"""The plugins of a folder, by file name. A file is imported when it is first asked for: the only import inside a function."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

PACKAGE = "headgate"
ROOT = Path(__file__).parent


class Folder(Mapping[str, ModuleType]):
    """What lies in one folder of the package: name → module. Listing the names imports nothing."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        found = pkgutil.iter_modules([str(ROOT / folder)])
        self._names = tuple(sorted(module.name for module in found if not module.name.startswith("_")))

    def __getitem__(self, name: str) -> ModuleType:
        if name not in self._names:
            raise KeyError(name)
        return importlib.import_module(f"{PACKAGE}.{self._folder}.{name}")

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def providers() -> Folder:
    """The provider kinds."""
    return Folder("providers")


def admin() -> ModuleType:
    """The admin app's module: `load(stores, clock, settings)` gives the ASGI app."""
    return importlib.import_module(f"{PACKAGE}.admin.app")


def command_line(name: str) -> ModuleType:
    """A part of the command line: `serve`, which must start fast, or `commands`, all the rest, which takes Typer and Rich to load."""
    return importlib.import_module(f"{PACKAGE}.cli.{name}")


def demo() -> ModuleType:
    """The demo's module: `run(port, seconds_of_traffic, folder, as_json)` serves until it is told to stop."""
    return importlib.import_module(f"{PACKAGE}.demo.run")
