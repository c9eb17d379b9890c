"""`headgate serve`: run the gateway. Loads nothing that serving does not need, so that it answers soon after it is called."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from pydantic import ValidationError

from headgate import __version__, app
from headgate.cli.failures import OK, UsageWrong
from headgate.config import load
from headgate.config.schema import Server, Settings
from headgate.core.errors import ConfigError

MANY_WORKERS = (
    "One worker is all this version can run: limits and holds are counted inside the process, and two would let through twice as much. "
    "Leave --workers out; more need shared counters, which are not in this version."
)

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"


log = logging.getLogger("headgate")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        raise UsageWrong(f"{message}. `headgate serve --help` lists the options.")


def parser() -> Parser:
    known = Parser(prog="headgate serve", description="Run the gateway.", allow_abbrev=False)
    known.add_argument("-c", "--config", type=Path, metavar="FILE", help="configuration; default: ./headgate.yaml, if it is there")
    known.add_argument("--host", help="address to listen on; default: server.host, 127.0.0.1")
    known.add_argument("--port", type=int, help="port to listen on, 0 for any free one; default: server.port, 4000")
    known.add_argument("--data-dir", type=Path, metavar="DIR", help="where journal, store and keys are kept; default: data_dir, ./data")
    known.add_argument("--workers", type=int, default=1, metavar="N", help="processes; this version runs one")
    known.add_argument("--json", action="store_true", help="say what is served as one line of JSON")
    return known


def main(arguments: Sequence[str]) -> int:
    """Serve until told to stop."""
    try:
        wanted = parser().parse_args(arguments)
    except SystemExit:  # --help was answered
        return OK
    if wanted.workers != 1:
        raise ConfigError(MANY_WORKERS) if wanted.workers > 1 else UsageWrong("--workers must be 1")
    file: Path | None = wanted.config
    read = load.load(file, load.environment())
    settings = override(read, wanted.host, wanted.port, wanted.data_dir)
    start(settings, as_json if wanted.json else as_text)
    return OK


def start(settings: Settings, announce: Callable[[Settings, app.Ready], str]) -> None:
    """Serve, after saying what is served."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, stream=sys.stderr)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it would say in sentences what is said here in facts

    def ready(found: app.Ready) -> None:
        tell(announce(settings, found))
        log.info("serving url=%s data_dir=%s", found.url, settings.data_dir)

    app.run(settings, ready)
    log.info("stopped")


def override(settings: Settings, host: str | None, port: int | None, data_dir: Path | None) -> Settings:
    """The settings with what the command line says instead. Raises UsageWrong."""
    changes: dict[str, Any] = {}
    server = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    if server:
        try:
            changes["server"] = Server.model_validate(settings.server.model_dump() | server)
        except ValidationError as cause:
            wrong = cause.errors(include_url=False)[0]
            raise UsageWrong(f"--{wrong['loc'][0]}: {wrong['msg'].removeprefix('Value error, ').lower()}") from None
    if data_dir is not None:
        changes["data_dir"] = data_dir.absolute()
    return settings.model_copy(update=changes)


def tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def as_json(settings: Settings, ready: app.Ready) -> str:
    return json.dumps(
        {
            "url": ready.url,
            "admin_key": ready.admin_key,
            "config": settings.source.file,
            "data_dir": str(settings.data_dir),
            "models": [model.name for model in settings.models],
            "notes": list(settings.source.notes),
            "version": __version__,
        }
    )


def as_text(settings: Settings, ready: app.Ready) -> str:
    bold, dim, plain = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")
    facts = (
        ("listening", f"{bold}{ready.url}{plain}"),
        ("console", f"{ready.url}/"),
        ("config", settings.source.file or "none"),
        ("data", shown(settings.data_dir)),
        ("models", listed([model.name for model in settings.models])),
    )
    lines = [f"{bold}Headgate {__version__}{plain}", ""]
    lines += [f"  {dim}{name:<10}{plain} {value}" for name, value in facts]
    lines += [f"  {dim}{'note':<10}{plain} {note}" for note in settings.source.notes]
    if ready.admin_key is not None:
        lines += ["", f"  {dim}{'admin key':<10}{plain} {bold}{ready.admin_key}{plain}"]
        lines += [f"  {'':<10} This is a new data directory. The key opens the console and is not shown again."]
    return "\n".join([*lines, ""])


def shown(path: Path) -> str:
    """A path the short way, where it lies below the current directory."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def listed(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
