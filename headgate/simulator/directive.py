"""What a request asks the simulator to do to it: faults, pace and size, written as `key=value` pairs.

They come in the header `x-sim: status=500;retry_after=2`, behind the model's name (`gpt-4.1?status=500&retry_after=2`), or from a
test's script. A pair that is not known is refused, so that a misspelled fault cannot pass as a healthy provider.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec
from msgspec import Struct

Phase = Literal["accept", "head", "first_content", "mid", "before_usage", "before_done", "end"]
Garbage = Literal["json", "html", "binary", "mid_json", "sse"]
Coding = Literal["gzip", "deflate", "br", "zstd"]


class BadDirective(ValueError):
    """A pair is not known or its value does not fit; the message names it."""


class Directive(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """All faults off, as fast as it can: the defaults are a healthy provider."""

    # Which requests it applies to, counted per `id` (or per model and directive where no id is given).
    id: str = ""
    after: int = 0
    """The first N requests are answered well, the following ones get the fault."""
    fail_first: int = 0
    """Only the first N requests get the fault (status 500 where no other is given)."""

    # Whole-answer faults.
    status: int = 0
    """Answer with this status and the provider's own error body."""
    code: str = ""
    """The error's code, where the usual one for the status will not do."""
    retry_after: int | None = None
    """Seconds; -1 leaves the header out where it is usual."""
    auth: Literal["", "fail", "strict"] = ""
    """fail: every credential is wrong. strict: every one but the simulator's own."""
    error_body: bool = False
    """Status 200 with an error for a body."""
    garbage: Garbage | Literal[""] = ""
    length: Literal["", "long", "short"] = ""
    """The content-length is more, or less, than what is sent."""

    # Where it stalls or breaks off.
    stall: Phase | Literal[""] = ""
    stall_ms: int | None = None
    """None: for ever."""
    at: int = 3
    """`mid` is after so many pieces of content."""
    cut: int | None = None
    """Close after so many events (a whole answer: half-way)."""
    cut_byte: int | None = None
    """Close after so many bytes of the body."""
    reset: bool = False
    """Break off with a TCP reset; without `cut` or `cut_byte`, before the first byte of the answer."""
    error_event: int | None = None
    """After so many events the provider's error event ends the stream."""
    done: Literal["", "none"] = ""
    """none: the stream ends without its terminator."""

    # Pace and size.
    latency_ms: int = 0
    slow_headers_ms: int = 0
    """So long before each line of the head."""
    interval_ms: float = 0
    """So long after each piece of content."""
    rate: float = 0
    """Tokens per second; the interval where none is given."""
    tokens: int = 0
    """How much it says."""
    batch: int = 1
    """Events per write."""
    chunk: int = 0
    """Bytes per write: every event is split."""

    # Forms that are legal but unusual.
    encoding: Coding | Literal[""] = ""
    crlf: bool = False
    comments: bool = False
    unknown: Literal["", "fields", "events", "both"] = ""

    # What the usage says.
    usage: Literal["", "none"] = ""
    cached: int = 0
    """Tokens of the prompt that came from the provider's cache."""
    reasoning: int = 0
    finish: str = ""
    """The reason for stopping, as the provider spells it."""

    @property
    def pace_ms(self) -> float:
        return self.interval_ms or (1000 / self.rate if self.rate > 0 else 0)

    @property
    def only_paces(self) -> bool:
        """Whether nothing but the size and the speed of the answer differs from a healthy provider's."""
        return self == Directive(tokens=self.tokens, interval_ms=self.interval_ms, rate=self.rate)

    @property
    def counts(self) -> bool:
        """Whether the answer depends on how many requests came before."""
        return self.after > 0 or self.fail_first > 0


HEALTHY = Directive()

# What stays when a request lies outside the window of `after` and `fail_first`: how it speaks, but none of the faults.
_MANNERS = ("latency_ms", "interval_ms", "rate", "tokens", "batch", "chunk", "encoding", "crlf", "comments", "cached", "reasoning")
_WINDOW = ("id", "after", "fail_first")

_SEPARATOR = re.compile(r"[;&,]")


def pairs(text: str) -> dict[str, str]:
    """`a=1;b` as {"a": "1", "b": "1"}."""
    found: dict[str, str] = {}
    for pair in _SEPARATOR.split(text):
        name, has_value, value = pair.strip().partition("=")
        if name:
            found[name] = value.strip() if has_value else "1"
    return found


def read(*texts: str) -> Directive:
    """One directive from several texts; later ones win. Raises BadDirective."""
    merged: dict[str, str] = {}
    for text in texts:
        merged |= pairs(text)
    if not merged:
        return HEALTHY
    if "fail_first" in merged and not _FAULTS & merged.keys():
        merged["status"] = "500"
    try:
        return msgspec.convert(merged, Directive, strict=False)
    except msgspec.ValidationError as cause:
        raise BadDirective(f"x-sim: {cause}") from cause


def split_model(model: str) -> tuple[str, str]:
    """The model's name and the directive behind it: "m?status=500" → ("m", "status=500")."""
    name, _, directive = model.partition("?")
    return name, directive


def within(directive: Directive, number: int) -> Directive:
    """The directive as it applies to request `number` (from 0): outside its window only its manners stay."""
    if number >= directive.after and not (directive.fail_first and number >= directive.after + directive.fail_first):
        return directive
    return msgspec.convert({name: getattr(directive, name) for name in (*_MANNERS, *_WINDOW)}, Directive)


_FAULTS = frozenset(Directive.__struct_fields__) - {*_MANNERS, *_WINDOW}
