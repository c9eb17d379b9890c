"""What the pages say is what the code does: a heading for everything, examples that load and run, links that lead somewhere."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from headgate import registry
from headgate.cli import commands, failures, serve
from headgate.config import load
from headgate.core.record import Attempt, Outcome, Settled
from headgate.core.usage import CLASSES, UsageSource
from headgate.front import framing, inbound, routes
from headgate.ledger import journal
from headgate.pipeline import record, relay
from headgate.upstream import send
from headgate.upstream.transport import DEFAULT_LIMITS
from tests.support import pages
from tests.support.outside import outside
from tests.support.pages import ROOT, Block

DOCS = ROOT / "docs"
README = (ROOT / "README.md").read_text(encoding="utf-8")

ENVIRONMENT = {"OPENAI_API_KEY": "sk-1", "OPENAI_EU_API_KEY": "sk-2", "ANTHROPIC_API_KEY": "sk-3"}
EXAMPLE_KEY, EXAMPLE_URL = "hg-…", "http://127.0.0.1:4000"

CURL = re.compile(r"^\$ (curl (?:.*\\\n)*.*)", re.MULTILINE)


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def named(name: str, text: str) -> bool:
    """Whether a page says a name as code."""
    return re.search(rf"`{re.escape(name)}[`: ]", text) is not None


# Options


def settings(schema: dict[str, Any], where: str, definitions: dict[str, Any]) -> Iterator[str]:
    """The path of every setting in a JSON Schema."""
    schema = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    for choice in schema.get("anyOf", ()):
        yield from settings(choice, where, definitions)
    if schema.get("type") == "array" and "$ref" in schema["items"]:
        yield from settings(schema["items"], f"{where}[]", definitions)
    for inner in (schema.get("additionalProperties"), *schema.get("patternProperties", {}).values()):
        if isinstance(inner, dict) and ("$ref" in inner or "anyOf" in inner):
            yield from settings(inner, f"{where}.NAME", definitions)  # pyright: ignore[reportUnknownArgumentType]
    for name, each in schema.get("properties", {}).items():
        path = f"{where}.{name}".lstrip(".")
        yield path
        yield from settings(each, path, definitions)


def test_every_option_has_its_heading() -> None:
    schema = json.loads(load.BUILT_IN.with_name("schema.json").read_text())
    paths = set(settings(schema, "", schema["$defs"]))
    written = {heading.strip("`").replace("[]", "") for heading in pages.headings(DOCS / "configuration.md")}
    written |= {heading.replace(".NAME", "") for heading in written}
    # A tier takes the settings of the price around it, as its own heading says.
    repeated = {path for path in paths if ".tiers[]." in path and not path.endswith("above_tokens")}
    assert len(paths) > 60
    assert {path.replace("[]", "") for path in paths - repeated} - written == set()


@pytest.mark.parametrize("kind", registry.providers())
def test_every_kind_of_provider_has_its_heading(kind: str) -> None:
    assert f"`kind: {kind}`" in pages.headings(DOCS / "configuration.md")


# Errors


@pytest.mark.parametrize("code", pages.errors())
def test_every_error_has_its_heading_its_facts_and_what_to_do(code: str) -> None:
    assert f"\n### `{code}`\n\n{pages.facts(pages.errors()[code])}\n\n" in page("errors.md")


def test_no_error_is_described_that_is_not_there() -> None:
    described = {heading.strip("`") for heading in pages.headings(DOCS / "errors.md") if heading.startswith("`")}
    assert described == pages.errors().keys()


# Command line


def leaves(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    inner: dict[str, Any] = getattr(command, "commands", {})
    if not inner:
        yield name, command
    for word, each in inner.items():
        yield from leaves(each, f"{name} {word}")


def options(name: str, command: Any) -> set[str]:
    if name == "headgate serve":
        return {option for action in serve.parser()._actions for option in action.option_strings} - {"-h", "--help"}  # pyright: ignore[reportPrivateUsage]
    return {option for parameter in command.params for option in parameter.opts if option.startswith("-")}


COMMANDS = dict(leaves(typer.main.get_command(commands.application), "headgate"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_its_heading_and_its_options(name: str) -> None:
    text = page("cli.md")
    start, heading, rest = text.partition(f"\n### `{name}`\n")
    assert heading, f"{name} has no heading"
    section = start.partition("\n## ")[0] + rest.partition("\n## ")[0].partition("\n### ")[0]
    assert {option for option in options(name, COMMANDS[name]) if not named(option, section)} == set()


def test_no_command_is_described_that_is_not_there() -> None:
    described = {heading.strip("`") for heading in pages.headings(DOCS / "cli.md") if heading.startswith("`")}
    assert described == COMMANDS.keys()


@pytest.mark.parametrize(("status", "meaning"), failures.DOCUMENTED)
def test_every_exit_status_is_explained(status: int, meaning: str) -> None:
    assert f"| {status} | {meaning} |" in page("cli.md")


# Headers, records, limits


def test_every_header_that_is_kept_back_is_named() -> None:
    text = page("headers.md")
    names = {name.decode() for name in send.NOT_SENT_ON | send.NOT_PASSED_BACK}
    assert {name for name in names if not named(name, text)} == set()


def test_every_header_of_ours_is_named() -> None:
    text = page("headers.md")
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "headgate").rglob("*.py"))
    assert {name for name in re.findall(r'b"(x-headgate-[a-z-]+)"', sources) if not named(name, text)} == set()
    assert {name for name, _ in relay.EVENT_STREAM_HEADERS if not named(name.decode(), text)} == set()


def test_everything_in_a_record_is_explained() -> None:
    names = {*Settled.__struct_fields__, *Attempt.__struct_fields__, *get_args(Outcome), *get_args(UsageSource), *CLASSES}
    names |= {route.name for route in routes.ROUTES}
    assert {name for name in names if not named(name, page("records.md"))} == set()


@pytest.mark.parametrize(
    "said",
    [
        f"{framing.HEAD_LIMIT_BYTES:,} bytes, {framing.HEADER_COUNT_LIMIT} headers",
        f"1 s more for each {inbound.SLOWEST_BYTES_PER_S:,} bytes",
        f"| silence in a stream | {relay.KEEP_ALIVE_S:.0f} s",
        f"at most {DEFAULT_LIMITS.connections:,} connections, and {DEFAULT_LIMITS.waiting:,} requests that wait",
        f"kept for {DEFAULT_LIMITS.idle_ms // 1000} s",
        f"at most {relay.REPLY_LIMIT_BYTES >> 20} MiB",
        f"`retry-after: {journal.RETRY_AFTER_S}`",
        f"{journal.Options().reserve_bytes >> 20} MiB set aside",
    ],
)
def test_a_limit_is_what_the_code_says(said: str) -> None:
    assert said in " ".join(page("operations.md").split())


def test_a_model_name_that_a_client_made_up_is_cut_where_the_page_says() -> None:
    assert f"{record.ALIAS_LIMIT} characters" in " ".join(page("records.md").split())


# Examples


@pytest.mark.parametrize("block", pages.blocks("yaml"), ids=str)
def test_every_configuration_loads(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "headgate.yaml"
    file.write_text(block.text, encoding="utf-8")
    assert load.load(file, ENVIRONMENT).models


@pytest.mark.parametrize("block", pages.blocks("json"), ids=str)
def test_every_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", pages.blocks("bash"), ids=str)
def test_every_shell_script_is_one(block: Block) -> None:
    assert subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False).stderr == ""


@dataclass(frozen=True, slots=True)
class Called:
    """A gateway, and the keys to call it with."""

    url: str
    key: str
    admin_key: str

    def told(self, text: str) -> str:
        """An example with this gateway's address and key for the example's."""
        return text.replace(EXAMPLE_URL, self.url).replace(EXAMPLE_KEY, self.key)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Called]:
    """The README's own configuration, with simulated providers behind it."""
    example = next(block.text for block in pages.blocks("yaml") if block.page.name == "README.md")
    text = example.replace("{", "{{").replace("}", "}}")
    for variable, address in (("OPENAI_API_KEY", "{url}/v1"), ("ANTHROPIC_API_KEY", "{url}")):
        assert variable in text
        text = text.replace(f'"${{{{{variable}}}}}"', f'sim-key, base_url: "{address}", allow_private: true')
    with outside(tmp_path_factory.mktemp("docs"), f"server: {{{{ port: 0 }}}}\ndata_dir: {{data_dir}}\n{text}") as running:
        called = Called(running.url, running.new_key(), running.admin_key or "")
        await_key(called)
        yield called


def await_key(called: Called) -> None:
    """Wait until the gateway knows the new key."""
    request = urllib.request.Request(f"{called.url}/v1/models", headers={"authorization": f"Bearer {called.key}"})
    end_s = time.monotonic() + 10
    while True:
        try:
            urllib.request.urlopen(request, timeout=10).close()
            return
        except urllib.error.HTTPError as refusal:
            refusal.close()
            assert time.monotonic() < end_s, "the key is not known after ten seconds"
            time.sleep(0.05)


def bare() -> dict[str, str]:
    """The environment without what would send a client elsewhere."""
    return {name: value for name, value in os.environ.items() if not re.search("proxy|OPENAI|ANTHROPIC", name, re.IGNORECASE)}


PROGRAMS = pages.blocks("python")


@pytest.mark.parametrize("block", PROGRAMS, ids=str)
def test_every_python_example_is_python(block: Block) -> None:
    compile(block.text, str(block), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


@pytest.mark.parametrize("block", [block for block in PROGRAMS if block.text.startswith(("from ", "import "))], ids=str)
def test_every_whole_python_program_runs(block: Block, gateway: Called) -> None:
    code = gateway.told(block.text)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=bare(), cwd=ROOT, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert bool(done.stdout) == ("print(" in code)


CURLS = [(str(block), found) for block in pages.blocks("console") for found in CURL.findall(block.text)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl on this machine")
@pytest.mark.parametrize(("where", "command"), CURLS, ids=[f"{where}-{number}" for number, (where, _) in enumerate(CURLS)])
def test_every_curl_is_answered(where: str, command: str, gateway: Called) -> None:
    environment = bare() | {"KEY": gateway.key, "ADMIN_KEY": gateway.admin_key}
    done = subprocess.run(["bash", "-c", gateway.told(command)], capture_output=True, text=True, check=False, env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout, where
    a_key_that_is_gone = "Bearer hg-" in command
    assert ('"error"' in done.stdout) == a_key_that_is_gone, done.stdout


# The pages together


@pytest.mark.parametrize("path", pages.PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_leads_nowhere(path: Path) -> None:
    for link in pages.links(path):
        file, _, place = link.partition("#")
        if ":" in file:
            continue
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), f"there is no {link}"
        if place:
            assert place in {pages.anchor(heading) for heading in pages.headings(target)}, f"there is no heading for {link}"


def test_the_two_commands_are_what_ci_runs_and_make_knows() -> None:
    told = next(block.text for block in pages.blocks("bash") if block.page.name == "README.md")
    assert re.findall(r"^make (\S+)", told, re.MULTILINE) == ["demo", "test"]
    assert (ROOT / ".ci" / "run").read_text().rstrip().splitlines()[-1] == "make test"
    makefile = (ROOT / "Makefile").read_text()
    for word in {word for path in pages.PAGES for word in re.findall(r"`make ([a-z-]+)", path.read_text(encoding="utf-8"))}:
        assert re.search(rf"^{word}:", makefile, re.MULTILINE), f"make knows no {word}"


def test_the_readme_has_a_place_for_the_benchmark() -> None:
    assert re.search(r"<!-- bench -->\n.+<!-- /bench -->", README, re.DOTALL)


@pytest.mark.parametrize("path", sorted((DOCS / "decisions").glob("*.md")), ids=lambda path: path.name)
def test_a_decision_is_half_a_page_and_names_its_price(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith(f"# {int(path.name[:4])}. ")
    assert "**Price.**" in text
    assert text.count("\n") <= 40
