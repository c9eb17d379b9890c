"""Anthropic requests: shape, the checks the real interface makes, and what a prompt counts, cached or not."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any, NamedTuple, cast

import msgspec
from msgspec import Struct

from headgate.simulator import prose
from headgate.simulator.dialect import Refused
from headgate.simulator.prefixes import digests
from headgate.simulator.reply import Scene
from headgate.simulator.speech import Offer, Tool

Json = dict[str, Any]

TOKENS_PER_MESSAGE = 4
TOKENS_PER_IMAGE = 1_600
MOST_MARKS = 4
SAMPLING = ("temperature", "top_p", "top_k")
WITHOUT_SAMPLING = "2026-10-21"
"""From this version of the interface on."""


class Message(Struct):
    role: str
    content: str | list[Json]


class Request(Struct):
    model: str
    max_tokens: int
    messages: list[Message]
    system: str | list[Json] | None = None
    stream: bool | None = None
    tools: list[Json] | None = None
    tool_choice: Json | None = None
    thinking: Json | None = None
    output_config: Json | None = None
    cache_control: Json | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None


class Block(NamedTuple):
    """One piece of a prompt in the order in which it is cached: tools, system, messages."""

    content: bytes
    tokens: int
    mark: Json | None


def check(request: Request, version: str) -> None:
    """Raises Refused for what the real interface refuses."""
    if not request.messages:
        raise Refused(400, "messages: at least one message is required")
    if request.max_tokens < 1:
        raise Refused(400, "max_tokens: Input should be greater than or equal to 1")
    if version >= WITHOUT_SAMPLING:
        for name in SAMPLING:
            if getattr(request, name) is not None:
                raise Refused(400, f"{name}: Extra inputs are not permitted")
    for index, message in enumerate(request.messages):
        if message.role not in ("user", "assistant", "system"):
            raise Refused(400, f"messages.{index}.role: Input should be 'user' or 'assistant'")
        _check_thinking(index, message)
    if sum(block.mark is not None for block in blocks(request)) > MOST_MARKS:
        raise Refused(400, f"A maximum of {MOST_MARKS} blocks with cache_control may be provided.")
    _check_results(request.messages)


def _check_thinking(index: int, message: Message) -> None:
    """A thinking block must come back as it was given: its signature says so."""
    for number, block in enumerate(_parts(message.content)):
        if block.get("type") != "thinking" or not block.get("thinking"):
            continue
        if block.get("signature") != signature_of(prose.escaped(str(block["thinking"]))):
            raise Refused(400, f"messages.{index}.content.{number}: Invalid `signature` in `thinking` block")


def _check_results(messages: list[Message]) -> None:
    """Every tool use is answered in the next message, and nothing else is."""
    asked: set[str] = set()
    for index, message in enumerate(messages):
        parts = _parts(message.content)
        given = {str(part.get("tool_use_id")) for part in parts if part.get("type") == "tool_result"}
        if missing := asked - given:
            ids = ", ".join(sorted(missing))
            raise Refused(400, f"messages.{index - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: {ids}.")
        if extra := given - asked:
            ids = ", ".join(sorted(extra))
            raise Refused(400, f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {ids}.")
        asked = {str(part.get("id")) for part in parts if part.get("type") == "tool_use"} if message.role == "assistant" else set()


def signature_of(thinking: bytes) -> str:
    """The opaque proof that a thinking block is unaltered."""
    return base64.b64encode(b"\x12\x40simulated" + hashlib.sha512(thinking).digest()).decode()


def offer_of(request: Request) -> Offer:
    choice = request.tool_choice or {"type": "auto"}
    parts = _parts(request.messages[-1].content)
    shape = cast("Json | None", (request.output_config or {}).get("format"))
    return Offer(
        prompt=" ".join(str(part.get("text", "")) for part in parts),
        asks=request.messages[-1].role == "user" and not any(part.get("type") == "tool_result" for part in parts),
        tools=[Tool(str(tool.get("name")), tool.get("input_schema") or {"type": "object"}) for tool in request.tools or []],
        may_call=choice.get("type") != "none",
        must_call=choice.get("type") == "any",
        named=choice.get("name") if choice.get("type") == "tool" else None,
        parallel=not choice.get("disable_parallel_tool_use"),
        most_tokens=request.max_tokens,
        demanded=(shape.get("schema") or {}) if shape else None,
    )


def prompt_tokens(request: Request, model: str, scene: Scene) -> tuple[int, int, int, int]:
    """Fresh, read from the cache, written for five minutes, written for an hour: disjoint."""
    prompt = list(blocks(request))
    marked = [index for index, block in enumerate(prompt) if block.mark is not None]
    total = sum(block.tokens for block in prompt)
    if not marked:
        return total, 0, 0, 0
    beginnings = digests(f"{scene.credential} {model}", (block.content for block in prompt[: marked[-1] + 1]))
    known = max((index for index, digest in enumerate(beginnings) if scene.prefixes.known(digest)), default=-1)
    read = sum(block.tokens for block in prompt[: known + 1])
    written = {"5m": 0, "1h": 0}
    start = known + 1
    for index in marked:
        ttl = (prompt[index].mark or {}).get("ttl", "5m")
        written[ttl if ttl in written else "5m"] += sum(block.tokens for block in prompt[start : index + 1])
        start = max(start, index + 1)
        scene.prefixes.learn(beginnings[index])
    return total - read - sum(written.values()), read, written["5m"], written["1h"]


def cleaned(request: Request) -> Request:
    """The request without its cache marks, so that counting it neither reads nor writes the cache."""
    data = msgspec.to_builtins(request)
    return msgspec.convert(_unmarked(data), Request)


def _unmarked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unmarked(member) for key, member in cast("Json", value).items() if key != "cache_control"}
    return [_unmarked(member) for member in cast("list[Any]", value)] if isinstance(value, list) else value


def blocks(request: Request) -> Iterator[Block]:
    """The prompt as the cache sees it. A mark on the request itself marks its last block."""
    found = [_block(tool, 0) for tool in request.tools or []]
    found += [_block(part, 0) for part in _parts(request.system or [])]
    for message in request.messages:
        overhead = TOKENS_PER_MESSAGE
        for part in _parts(message.content):
            found.append(_block(part, overhead, message.role))
            overhead = 0
    if request.cache_control is not None and found and found[-1].mark is None:
        found[-1] = found[-1]._replace(mark=request.cache_control)
    return iter(found)


def _block(part: Json, overhead: int, role: str = "") -> Block:
    mark = part.get("cache_control")
    plain = {key: value for key, value in part.items() if key != "cache_control"}
    content = role.encode() + msgspec.json.encode(plain)
    return Block(content, overhead + _part_tokens(part, len(content)), mark)


def _part_tokens(part: Json, size: int) -> int:
    match part.get("type"):
        case "image":
            return TOKENS_PER_IMAGE
        case "text":
            return prose.tokens(len(str(part.get("text", ""))))
        case _:
            return prose.tokens(size)


def _parts(content: str | list[Json]) -> list[Json]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
