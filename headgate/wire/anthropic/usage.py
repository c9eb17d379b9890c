"""Anthropic's usage as disjoint classes. Cache reads and writes are told beside `input_tokens`, thinking inside `output_tokens`."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from headgate.core.usage import CLASSES, Usage
from headgate.wire import counts


class _Writes(Struct, gc=False):
    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class _Details(Struct, gc=False):
    thinking_tokens: int | None = None


class _Tools(Struct, gc=False):
    web_search_requests: int | None = None


class Told(Struct):
    """What a usage object says; None where it says nothing."""

    type: str | None = None
    input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: _Writes | None = None
    output_tokens: int | None = None
    output_tokens_details: _Details | None = None
    server_tool_use: _Tools | None = None
    iterations: list[Told] | None = None


_TOLD = msgspec.json.Decoder(Told)
_FIELDS = Told.__struct_fields__


def told(raw: Raw) -> Told:
    """What this JSON value says."""
    return counts.read(raw, _TOLD) or Told()


def updated(old: Told, new: Told) -> Told:
    """The newer word on each count; what it leaves out stands."""
    return Told(*(getattr(old if getattr(new, name) is None else new, name) for name in _FIELDS))


def disjoint(said: Told) -> Usage | None:
    """What this means, all rounds of the answer together; None where it is not usage."""
    if said.input_tokens is None and said.output_tokens is None:
        return None
    total = _one(said)
    for one in said.iterations or ():
        if one.type == "compaction":
            total = _sum(total, _one(one))  # the totals leave these out, the bill does not
    return total


def _one(said: Told) -> Usage:
    written, split = counts.least(said.cache_creation_input_tokens), said.cache_creation
    written_1h = counts.least(split.ephemeral_1h_input_tokens) if split else 0
    written_5m = max(counts.least(split.ephemeral_5m_input_tokens) if split else 0, written - written_1h)
    thinking = said.output_tokens_details.thinking_tokens if said.output_tokens_details else 0
    output, thinking = counts.taken(counts.least(said.output_tokens), thinking)
    return Usage(
        input=counts.least(said.input_tokens),
        cache_read=counts.least(said.cache_read_input_tokens),
        cache_write_5m=written_5m,
        cache_write_1h=written_1h,
        output=output,
        reasoning=thinking,
        web_searches=counts.least(said.server_tool_use.web_search_requests) if said.server_tool_use else 0,
    )


def _sum(a: Usage, b: Usage) -> Usage:
    return Usage(**{name: getattr(a, name) + getattr(b, name) for name in CLASSES})
