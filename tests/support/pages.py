"""The written pages of the repository, and the facts that the code states for what they describe."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import headgate
from headgate.admin.problems import STATUSES
from headgate.cli import failures
from headgate.core.errors import CallerError, HeadgateError, UpstreamError, UpstreamTimeout
from headgate.wire.anthropic import errors as anthropic
from headgate.wire.openai_chat import errors as openai

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])

HEADING = re.compile(r"^#{1,6} +(.*?) *$", re.MULTILINE)
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")

PHASES = ("connect", "first_byte", "first_content", "between_chunks", "total")
ON_REQUESTS = "headgate.core.errors"
"""Errors from there are for those who call models; all others are for operators."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def headings(page: Path) -> list[str]:
    """The headings, without what is not in a fence."""
    return HEADING.findall(FENCE.sub("", page.read_text(encoding="utf-8")))


def blocks(language: str) -> list[Block]:
    """Every block in this language, on all pages."""
    found: list[Block] = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        fences = ((text.count("\n", 0, match.start()) + 1, match[1], match[2]) for match in FENCE.finditer(text))
        found += [Block(page, line, name, body) for line, name, body in fences if name == language]
    return found


def links(page: Path) -> list[str]:
    return LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8")))


def anchor(heading: str) -> str:
    """What a link to this heading ends in."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def errors() -> dict[str, type[HeadgateError]]:
    """Every error there is, by its code."""
    for module in pkgutil.walk_packages(headgate.__path__, "headgate."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[HeadgateError]] = {}
    for error in _below(HeadgateError):
        if error is UpstreamTimeout:
            found |= {f"upstream_timeout_{phase}": error for phase in PHASES}
        else:
            found.setdefault(error.code, error)
    return found


def _below(error: type[HeadgateError]) -> Iterator[type[HeadgateError]]:
    yield error
    for each in error.__subclasses__():
        if each.__module__.startswith("headgate."):
            yield from _below(each)


def facts(error: type[HeadgateError]) -> str:
    """The line that stands under an error's heading: whose fault, which status for whom, whether to try again."""
    again = "yes" if error.retryable else "no"
    upstream = "the gateway" if not issubclass(error, UpstreamError) else "the provider or the way to it"
    fault = "the caller" if issubclass(error, CallerError) else upstream
    if error.__module__ != ON_REQUESTS:
        status, exit_status = STATUSES.get(error.kind, 500), failures.STATUSES.get(error.kind, failures.REFUSED)
        return f"Admin API {status} · exit status {exit_status} · try again: {again}"
    (one, one_type), (other, other_type) = openai.WORDS[error.kind], anthropic.WORDS[error.kind]
    return f"At fault: {fault} · OpenAI {one} `{one_type}` · Anthropic {other} `{other_type}` · try again: {again}"
