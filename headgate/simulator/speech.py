"""What the simulated model says: prose, demanded JSON, or calls of the tools it was offered. Same prompt, same words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from headgate.simulator import prose
from headgate.simulator.directive import Directive
from headgate.simulator.sample import sample

CALL_OVERHEAD_TOKENS = 8
"""What a tool call costs beside its name and arguments."""


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that was offered. Without a schema it takes free text."""

    name: str
    schema: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Call:
    tool: Tool
    arguments: str

    @property
    def tokens(self) -> int:
        return CALL_OVERHEAD_TOKENS + prose.tokens(len(self.tool.name) + len(self.arguments))


@dataclass(frozen=True, slots=True)
class Offer:
    """What the request lets the model do, in no dialect's words."""

    prompt: str
    """What was said last."""
    asks: bool
    """Whether the last turn is the user's own, not the result of a tool."""
    tools: Sequence[Tool] = ()
    may_call: bool = True
    must_call: bool = False
    named: str | None = None
    """The one tool that must be called."""
    parallel: bool = True
    most_tokens: int | None = None
    demanded: Mapping[str, Any] | None = None
    """The schema that the text must fit."""


@dataclass(frozen=True, slots=True)
class Speech:
    """One answer."""

    seed: int
    count: int
    """Tokens of text."""
    cut_short: bool = False
    calls: tuple[Call, ...] = ()
    fixed: tuple[bytes, ...] | None = None
    """The pieces, where the text is not prose."""

    def pieces(self) -> Iterator[bytes]:
        """The text in token-sized pieces, each as the inside of a JSON string."""
        return prose.pieces(self.seed, self.count) if self.fixed is None else iter(self.fixed[: self.count])

    @property
    def tokens(self) -> int:
        return self.count + sum(call.tokens for call in self.calls)


def speak(offer: Offer, directive: Directive, seed: int) -> Speech:
    """What the model answers to an offer."""
    own = prose.seed_of(offer.prompt, seed)
    if called := _called(offer):
        return Speech(own, 0, calls=tuple(Call(tool, _arguments(tool, offer.prompt)) for tool in called))
    fixed: tuple[bytes, ...] | None = None
    count = directive.tokens or prose.natural_length(own)
    if offer.demanded is not None:
        fixed = tuple(prose.pieces_of(msgspec.json.encode(sample(offer.demanded)).decode()))
        count = len(fixed)
    if offer.most_tokens is not None and count > offer.most_tokens:
        return Speech(own, offer.most_tokens, cut_short=True, fixed=fixed)
    return Speech(own, count, fixed=fixed)


def _called(offer: Offer) -> list[Tool]:
    if not offer.asks or not offer.may_call or not offer.tools:
        return []
    if offer.named is not None:
        return [tool for tool in offer.tools if tool.name == offer.named][:1]
    found = [tool for tool in offer.tools if tool.name in offer.prompt]
    if not found and offer.must_call:
        found = [offer.tools[0]]
    return found if offer.parallel else found[:1]


def _arguments(tool: Tool, prompt: str) -> str:
    if tool.schema is None:
        return prompt[:80]
    return msgspec.json.encode(sample(tool.schema)).decode()
