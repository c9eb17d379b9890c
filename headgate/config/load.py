"""Reads headgate.yaml, checks all of it, and says everything that is wrong at once. The only module that knows the environment."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from headgate import registry
from headgate.config import document, parts
from headgate.config.document import Document, Problem
from headgate.config.schema import Settings, Source, Where
from headgate.core.errors import ConfigError

DEFAULT_FILE = Path("headgate.yaml")
DATA_DIR: Path = Settings.model_fields["data_dir"].default
BUILT_IN = Path(__file__).with_name("defaults.yaml")


def environment() -> Mapping[str, str]:
    """The process's environment variables."""
    return os.environ  # noqa: TID251 - this is the module the ban points to


def load(path: Path | None, env: Mapping[str, str]) -> Settings:
    """The settings in `path`, else in ./headgate.yaml, else what the environment's well-known keys allow. Raises ConfigError."""
    file = path or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    if file is None:
        return _without_file(env)
    return _settings(document.read(_bytes(file), env), file, ())


def data_dir(path: Path | None, env: Mapping[str, str]) -> Path:
    """Only where the data is, for commands that must work without the providers' keys. Raises ConfigError."""
    file = path or DEFAULT_FILE
    folder = file.parent.absolute()
    if path is None and not file.is_file():
        return folder / DATA_DIR
    found = document.read(_bytes(file), env)
    value = found.values.get("data_dir", str(DATA_DIR))
    if not isinstance(value, str) or not value:
        found.complain(("data_dir",), "expected the path of a folder")
    _refuse((problem for problem in found.problems if problem.where[:1] in {(), ("data_dir",)}), file)
    return folder / value


def aliases(path: Path | None, env: Mapping[str, str]) -> frozenset[str] | None:
    """The names of the models, also where the providers' keys are not set; None where no configuration lists any."""
    file = path or DEFAULT_FILE
    listed: object = document.read(_bytes(file), env).values.get("models") if file.is_file() else None
    if not isinstance(listed, tuple):
        return None
    models = cast("tuple[object, ...]", listed)
    blocks = [cast("Mapping[str, object]", model) for model in models if isinstance(model, Mapping)]
    return frozenset(name for block in blocks if isinstance(name := block.get("name"), str))


def _settings(found: Document, file: Path | None, notes: tuple[str, ...]) -> Settings:
    if not found.values:
        _refuse(found.problems, file)
    settings = parts.Reading(found, registry.providers(), folder=(file.parent if file else Path()).absolute()).settings()
    _refuse(found.problems, file)
    source = Source(file=str(file) if file else None, lines=found.lines, templates=found.templates, notes=notes)
    return settings.read_from(source)


def _without_file(env: Mapping[str, str]) -> Settings:
    found = document.read(BUILT_IN.read_bytes(), env)
    providers: dict[str, Any] = found.values["providers"]
    models: tuple[Mapping[str, Any], ...] = found.values["models"]
    absent = {where[1] for where in found.unset}
    found.problems.clear()
    found.values["providers"] = offered = {name: block for name, block in providers.items() if name not in absent}
    if not offered:
        variables = " nor ".join(_variable(name, found) for name in providers)
        raise ConfigError(f"There is no {DEFAULT_FILE} here, and neither {variables} is set: set one of them or write {DEFAULT_FILE}.")
    found.values["models"] = tuple(model for model in models if model["deployments"][0]["provider"] in offered)
    notes = (f"There is no {DEFAULT_FILE} here; serving the built-in models.", *(_note(name, found) for name in offered))
    return _settings(found, None, notes)


def _variable(provider: str, found: Document) -> str:
    return found.templates[("providers", provider, "api_key")].strip("${}")


def _note(provider: str, found: Document) -> str:
    models: tuple[Mapping[str, Any], ...] = found.values["models"]
    names = ", ".join(model["name"] for model in models if model["deployments"][0]["provider"] == provider)
    return f"{_variable(provider, found)} is set: {names} from {provider}."


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as cause:
        raise ConfigError(f"{file}: cannot be read: {(cause.strerror or 'unknown error').lower()}") from None


def _refuse(problems: Iterable[Problem], file: Path | None) -> None:
    """Raises with one line for each place that has a problem, in the order of the file."""
    first: dict[Where | int, Problem] = {}
    for problem in problems:
        first.setdefault(problem.where or problem.line, problem)
    if first:
        raise ConfigError("\n".join(_line(problem, file) for problem in sorted(first.values(), key=lambda problem: problem.line)))


def _line(problem: Problem, file: Path | None) -> str:
    name = spelled(problem.where)
    return f"{file or BUILT_IN.name}:{problem.line}: {name}{': ' if name else ''}{problem.sentence}"


def spelled(where: Where) -> str:
    """The way to a setting as people write it: ("models", 0, "name") → models[0].name"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in where).lstrip(".")
