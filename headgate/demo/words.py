"""What the demo prints."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from headgate import __version__


@dataclass(frozen=True, slots=True)
class Facts:
    url: str
    key: str
    admin_key: str
    config: Path
    notes: tuple[str, ...]
    sent: int
    explain: str | None
    """A request worth a look."""


def as_json(facts: Facts) -> str:
    return json.dumps(
        {
            "url": facts.url,
            "console": f"{facts.url}/",
            "key": facts.key,
            "admin_key": facts.admin_key,
            "config": str(facts.config),
            "requests_sent": facts.sent,
            "explain": facts.explain,
            "notes": list(facts.notes),
        }
    )


def as_text(facts: Facts, seen: bool) -> str:
    """The page; with colours where it is `seen` in a terminal."""
    bold, dim, accent, plain = ("\033[1m", "\033[2m", "\033[36m", "\033[0m") if seen else ("",) * 4
    command, config = headgate(), shown(facts.config)
    explain = facts.explain or "REQUEST_ID"
    lines = [
        f"{bold}Headgate {__version__}{plain} · {accent}{facts.url}{plain}",
        f"{dim}The providers are simulated: no account, no cost, and nothing leaves this machine.{plain}",
        *(f"{dim}{note}{plain}" for note in facts.notes),
        "",
        f"{bold}Call it{plain}",
        *(f"  {line}" for line in curls(facts)),
        "",
        f"{bold}Look at it{plain}",
        f"  {accent}{facts.url}/{plain}  with the admin key {bold}{facts.admin_key}{plain}",
        f"  {command} usage --by team -c {config}",
        f"  {command} records -c {config}",
        f"  {command} explain {explain} -c {config}",
        "",
        f"{dim}{facts.sent} requests were sent just now. Ctrl-C stops everything; the data stays in {shown(facts.config.parent)}.{plain}",
    ]
    return "\n".join(lines)


def curls(facts: Facts) -> list[str]:
    """Three calls, each of them whole on its line."""
    bearer, json_type = f"-H 'authorization: Bearer {facts.key}'", "-H 'content-type: application/json'"
    chat = '{"model":"smart","messages":[{"role":"user","content":"What is a headgate?"}]}'
    messages = '{"model":"claude","max_tokens":200,"stream":true,"messages":[{"role":"user","content":"What is a headgate?"}]}'
    dialect = f"-H 'x-api-key: {facts.key}' -H 'anthropic-version: 2023-06-01'"
    return [
        f"curl {facts.url}/v1/chat/completions {bearer} {json_type} -d '{chat}'",
        f"curl -N {facts.url}/v1/messages {dialect} {json_type} -d '{messages}'",
        f"curl {facts.url}/v1/models {bearer}",
    ]


def headgate() -> str:
    """How to call this program from the current directory, also in a shell that does not have its environment."""
    script = Path(sys.executable).with_name("headgate")
    if script.is_file() and script.is_relative_to(Path.cwd()):
        return str(script.relative_to(Path.cwd()))
    return "headgate" if shutil.which("headgate") else f"{sys.executable} -m headgate"


def shown(path: Path) -> str:
    whole = path.absolute()
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else str(whole)
