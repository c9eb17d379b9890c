"""The shape of the code, checked: layers point down, files and functions stay small, plugins do not know each other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "headgate"
TESTS = Path(__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

PLUGINS = {"providers", "guardrails", "stores", "sinks"}
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "wire": {"core"},
    "config": {"core", "registry"},
    "providers": {"core", "wire"},
    "guardrails": {"core"},
    "stores": {"core"},
    "sinks": {"core"},
    "upstream": {"core"},
    "control": {"core", "stores"},
    "ledger": {"core", "stores"},
    "pipeline": {"core", "upstream"},
    "front": {"core", "wire", "pipeline"},
    "admin": {"core", "config", "control", "stores"},
    "simulator": set(),
}
"""Folder → the folders it may import beside itself. `cli`, `app` and `registry` at the top put everything together."""

NAMELESS = {"utils", "util", "helpers", "helper", "common", "base", "manager", "misc"}
VENDORS = {"openai", "anthropic", "bedrock", "azure", "gemini", "vertex", "mistral", "groq", "deepseek", "cohere", "ollama", "vllm"}


def ours(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    """The headgate modules that a file imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "headgate":
            parts = node.module.split(".")
            for alias in node.names:
                yield ".".join([*parts, alias.name]), node
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "headgate":
                    yield alias.name, node


def is_type_only(tree: ast.Module) -> set[int]:
    """Lines under `if TYPE_CHECKING:`: they order types, not modules."""
    lines: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            lines |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return lines


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_keeps_its_size_and_its_layer(path: Path) -> None:
    relative = path.relative_to(ROOT)
    home = relative.parts[0] if len(relative.parts) > 1 else ""
    text = path.read_text()
    tree = ast.parse(text)
    assert path.stem not in NAMELESS, "name it by what it is about"
    assert text.count("\n") <= 400, "split it by noun"
    assert ast.get_docstring(tree), "the first line says what is in here"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < 60, f"{node.name} is too long to see at once"
            if path.name != "registry.py":
                inner = [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
                assert not inner, f"{node.name} imports inside a function"
    for target, node in ours(tree):
        if node.lineno in is_type_only(tree):
            continue
        there, *rest = (*target.split(".")[1:], "")
        if home in MAY_IMPORT and there and (ROOT / there).exists():
            assert there in MAY_IMPORT[home] | {home}, f"{home} may not import {there}"
        if home in PLUGINS and there == home and (ROOT / there / f"{rest[0]}.py").exists():
            assert rest[0].startswith("_"), f"plugins do not know each other: {target}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_asks_which_vendor_it_is(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                named = isinstance(side, ast.Constant) and side.value in VENDORS
                assert not named, f"line {node.lineno}: compares with a vendor's name; state a fact in providers/ instead"


def test_every_source_file_has_its_test_file() -> None:
    without = [
        str(path.relative_to(ROOT))
        for path in FILES
        if path.name not in ("__init__.py", "__main__.py")
        and "migrations" not in path.parts
        and not (TESTS / path.relative_to(ROOT)).with_name(f"test_{path.name}").exists()
    ]
    assert without == []


def test_there_are_no_import_cycles() -> None:
    graph: dict[str, set[str]] = {}
    for path in FILES:
        tree = ast.parse(path.read_text())
        name = ".".join(("headgate", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        graph[name] = {target for target, node in ours(tree) if node.lineno not in is_type_only(tree)}
    names = set(graph)
    for name, targets in graph.items():
        graph[name] = {target if target in names else target.rpartition(".")[0] for target in targets} & names - {name}
    while leaves := {name for name, targets in graph.items() if not targets & graph.keys()}:
        for leaf in leaves:
            del graph[leaf]
    assert sorted(graph) == [], "these modules import each other"
