"""The text of a configuration file as plain values, each with its line, variables filled in. Collects problems, raises none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import yaml

from headgate.config.schema import Where

LIMIT_BYTES = 1_048_576
LIMIT_DEPTH = 32
LIMIT_VALUES = 20_000
"""So that aliases of aliases cannot grow a small file into a large one."""

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TAG = "tag:yaml.org,2002:"
MERGE = TAG + "merge"
KNOWN_TAGS = frozenset(TAG + name for name in ("map", "seq", "str", "timestamp", "value", "bool", "int", "float", "null", "merge"))
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9_]*)")
FRACTION = re.compile(r"[-+]?[0-9][0-9_]*\.[0-9]*(?:[eE][-+]?[0-9]{1,3})?")
WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

TOKEN = re.compile(r"\$\$?\{[^}\n]*\}")
VARIABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?")
# In a flow mapping the braces of ${NAME} would be YAML's own, so each token travels through the parser as a numbered mark.
OPEN, CLOSE = "\ue000", "\ue001"
MARK = re.compile(f"{OPEN}([0-9]+){CLOSE}")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """A sentence about one place in the file."""

    line: int
    where: Where = field(compare=False)
    sentence: str


@dataclass(slots=True)
class Document:
    """What a file says."""

    values: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    lines: dict[Where, int] = field(default_factory=dict[Where, int])
    templates: dict[Where, str] = field(default_factory=dict[Where, str])
    """The text as written of every value made from variables."""
    unset: list[Where] = field(default_factory=list[Where])
    """The values whose variable has none."""
    problems: list[Problem] = field(default_factory=list[Problem])

    def line(self, where: Where) -> int:
        """The line of a value, or of the nearest thing around it that is there."""
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)

    def shown(self, where: Where, value: object) -> object:
        """`value` for a message: as it was written where it came from a variable, which may be a secret."""
        return self.templates.get(where, value)

    def complain(self, where: Where, sentence: str) -> None:
        self.problems.append(Problem(self.line(where), where, sentence))


def read(data: bytes, env: Mapping[str, str]) -> Document:
    """The document in `data`; where it is not YAML at all, one without values and with the problem."""
    document = Document()
    try:
        composed = _compose(data)
        if composed.root is not None:
            _Reader(document, composed.tokens, env).read(composed.root)
    except _Unreadable as cause:
        document.values = {}
        document.problems = [Problem(cause.line, (), str(cause))]
    return document


def plain(text: str) -> Any:
    """The value of an unquoted scalar. Only decimal numbers and true and false are more than text."""
    if text.lower() in WORDS:
        return WORDS[text.lower()]
    if INTEGER.fullmatch(text):
        return int(text)
    return Decimal(text) if FRACTION.fullmatch(text) else text


class _Unreadable(Exception):
    """The file cannot be read at all from `line` on."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(frozen=True, slots=True)
class _Composed:
    root: Any
    tokens: list[str]


def _compose(data: bytes) -> _Composed:
    if len(data) > LIMIT_BYTES:
        raise _Unreadable(1, f"the file is larger than {LIMIT_BYTES} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as cause:
        raise _Unreadable(data.count(b"\n", 0, cause.start) + 1, "the file is not UTF-8 here") from None
    for character in (OPEN, CLOSE):
        if character in text:
            raise _Unreadable(text.count("\n", 0, text.index(character)) + 1, f"the character U+{ord(character):04X} cannot be used")
    tokens: list[str] = []

    def mark(found: re.Match[str]) -> str:
        tokens.append(found[0])
        return f"{OPEN}{len(tokens) - 1}{CLOSE}"

    marked = TOKEN.sub(mark, text)
    try:
        _measure(marked)
        return _Composed(yaml.compose(marked, Loader=LOADER), tokens)  # pyright: ignore[reportUnknownMemberType] - untyped there
    except yaml.reader.ReaderError as cause:
        line = marked.count("\n", 0, int(cause.position)) + 1
        raise _Unreadable(line, "the file holds a control character here") from None
    except yaml.MarkedYAMLError as cause:
        raise _Unreadable(*_syntax(cause, text)) from None


def _measure(text: str) -> None:
    """Refuses nesting that the composer, which is recursive, could not survive."""
    depth = 0
    events: Iterator[Any] = yaml.parse(text, Loader=LOADER)  # pyright: ignore[reportUnknownMemberType] - untyped there
    for event in events:
        at: Any = event.start_mark
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > LIMIT_DEPTH:
            raise _Unreadable(int(at.line) + 1, f"nested deeper than {LIMIT_DEPTH} levels")


def _syntax(cause: yaml.MarkedYAMLError, text: str) -> tuple[int, str]:
    lines = text.split("\n")
    mark: Any = cause.problem_mark or cause.context_mark
    if cause.context_mark and not "".join(lines[mark.line :]).strip():
        mark = cause.context_mark  # what was begun there has no end
    index = int(mark.line) if mark else 0
    written = lines[index] if index < len(lines) else ""
    problem = str(cause.problem or cause.context)
    if "\t" in written[: len(written) - len(written.lstrip())] or "\\t" in problem or "tab" in problem.split():
        return index + 1, "YAML indents with spaces; there is a tab here"
    if "another document" in str(cause.context or "") or "another document" in problem or "single document" in problem:
        return index + 1, 'a configuration is one YAML document; remove the second "---"'
    if "undefined alias" in problem:
        return index + 1, "an alias (*name) without its anchor (&name)"
    return index + 1, f"not valid YAML: {problem}"


class _Reader:
    """Turns nodes into values."""

    def __init__(self, document: Document, tokens: list[str], env: Mapping[str, str]) -> None:
        self._document = document
        self._tokens = tokens
        self._env = env
        self._left = LIMIT_VALUES

    def read(self, root: Any) -> None:
        value = self._value(root, ())
        if isinstance(value, dict):
            self._document.values = value
        elif value is not None:
            self._document.complain((), 'expected settings such as "server:", each on a line of its own')

    def _value(self, node: Any, where: Where) -> Any:
        self._document.lines.setdefault(where, int(node.start_mark.line) + 1)
        self._left -= 1
        if self._left < 0 or len(where) > LIMIT_DEPTH:
            line = self._document.line(where[:1])
            raise _Unreadable(line, f"its aliases make more than {LIMIT_VALUES} values or {LIMIT_DEPTH} levels")
        if node.tag not in KNOWN_TAGS:
            self._document.complain(where, f"the tag {str(node.tag).replace(TAG, '!!')} is not known here; remove it")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            items: list[Any] = node.value
            return tuple(self._value(item, (*where, index)) for index, item in enumerate(items))
        return self._scalar(node, where)

    def _mapping(self, node: Any, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        pairs: list[tuple[Any, Any]] = node.value
        for key, value in pairs:
            if key.tag == MERGE:
                merged |= self._merged(value, where)
        for key, value in pairs:
            if key.tag == MERGE:
                continue
            line = int(key.start_mark.line) + 1
            name = self._key(key, where)
            if name is None:
                continue
            there = (*where, name)
            if name in found:
                first = self._document.lines[there]
                self._document.problems.append(Problem(line, there, f"written twice; it is already on line {first}"))
                continue
            self._document.lines[there] = line
            found[name] = self._value(value, there)
        return merged | found

    def _merged(self, node: Any, where: Where) -> dict[str, Any]:
        """What `<<` brings in; of several mappings the first wins."""
        nodes: list[Any] = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found: dict[str, Any] = {}
        for each in nodes:
            if not isinstance(each, yaml.MappingNode):
                self._document.complain(where, '"<<" takes an alias of a mapping, such as *name')
                continue
            found = self._mapping(each, where) | found
        return found

    def _key(self, key: Any, where: Where) -> str | None:
        line = int(key.start_mark.line) + 1
        if not isinstance(key, yaml.ScalarNode):
            self._document.problems.append(Problem(line, where, "a setting's name must be a word"))
            return None
        written = MARK.sub(lambda mark: self._tokens[int(mark[1])], str(key.value))
        if written != key.value:
            self._document.problems.append(Problem(line, where, f"{written}: variables are for values, not for names"))
            return None
        return written

    def _scalar(self, node: Any, where: Where) -> Any:
        text = str(node.value)
        if MARK.search(text):
            self._document.templates[where] = MARK.sub(lambda mark: self._tokens[int(mark[1])], text)
            return MARK.sub(lambda mark: self._filled(self._tokens[int(mark[1])], where), text)
        if "${" in text:
            self._document.complain(where, '"${" without "}"; write $${…} for the characters themselves')
            return None
        return text if node.style or node.tag == TAG + "str" else plain(text)

    def _filled(self, token: str, where: Where) -> str:
        if token.startswith("$$"):
            return token[1:]
        found = VARIABLE.fullmatch(token[2:-1])
        if found is None:
            self._document.complain(where, f"{token}: expected ${{NAME}} or ${{NAME:-value}}")
            return ""
        name, otherwise = found[1], found[2]
        value = self._env.get(name, "")
        if value or otherwise is not None:
            return value or str(otherwise)
        state = "is empty" if name in self._env else "is not set"
        self._document.unset.append(where)
        self._document.complain(where, f"the environment variable {name} {state}")
        return ""
