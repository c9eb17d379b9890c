"""OpenAI's usage as disjoint classes. What is told as a part of a total is taken out of it; nothing is below zero."""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from headgate.core.usage import Usage
from headgate.wire import counts


class _Writes(Struct, gc=False):
    ttl_12h_tokens: int | None = None


class _Prompt(Struct, gc=False):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_tokens_details: _Writes | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class _Completion(Struct, gc=False):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None


class _Usage(Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_tokens_details: _Prompt | None = None
    completion_tokens_details: _Completion | None = None
    prompt_cache_hit_tokens: int | None = None
    cached_tokens: int | None = None


_USAGE = msgspec.json.Decoder(_Usage)
_NO_PROMPT = _Prompt()
_NO_COMPLETION = _Completion()


def read(raw: Raw) -> Usage | None:
    """The usage in this JSON value; None for null, and for what is not usage at all."""
    told = counts.read(raw, _USAGE)
    if told is None or (told.prompt_tokens is None and told.completion_tokens is None):
        return None
    if _is_plain(told):
        return Usage(told.prompt_tokens or 0, output=told.completion_tokens or 0)
    parts = told.prompt_tokens_details or _NO_PROMPT
    cached = counts.least(parts.cached_tokens or told.prompt_cache_hit_tokens or told.cached_tokens)
    written = counts.least(parts.cache_write_tokens)
    split = parts.cache_write_tokens_details
    written_30m, written_12h = counts.taken(written, split.ttl_12h_tokens) if split else (written, 0)
    fresh, audio = counts.taken(counts.least(told.prompt_tokens) - cached - written, parts.audio_tokens)
    fresh, image = counts.taken(fresh, parts.image_tokens)
    output, reasoning, output_audio, output_image = _completion(told)
    return Usage(
        input=fresh,
        cache_read=cached,
        cache_write_30m=written_30m,
        cache_write_12h=written_12h,
        input_audio=audio,
        input_image=image,
        output=output,
        reasoning=reasoning,
        output_audio=output_audio,
        output_image=output_image,
    )


def _is_plain(told: _Usage) -> bool:
    """Nothing but fresh text in and text out: what most replies are, told apart from all others at little cost."""
    prompt, completion = told.prompt_tokens_details, told.completion_tokens_details
    return (
        0 <= (told.prompt_tokens or 0) < counts.MOST
        and 0 <= (told.completion_tokens or 0) < counts.MOST
        and not (told.prompt_cache_hit_tokens or told.cached_tokens)
        and (prompt is None or not (prompt.cached_tokens or prompt.cache_write_tokens or prompt.audio_tokens or prompt.image_tokens))
        and (completion is None or not (completion.reasoning_tokens or completion.audio_tokens or completion.image_tokens))
    )


def _completion(told: _Usage) -> tuple[int, int, int, int]:
    """Text, reasoning, audio and image. Prediction tokens are text, those that were rejected too: they are charged as output."""
    parts = told.completion_tokens_details or _NO_COMPLETION
    total, reasoned = counts.least(told.completion_tokens), counts.least(parts.reasoning_tokens)
    if reasoned and told.total_tokens == counts.least(told.prompt_tokens) + total + reasoned:
        total += reasoned  # this server counts its reasoning beside the completion
    text, reasoned = counts.taken(total, reasoned)
    text, audio = counts.taken(text, parts.audio_tokens)
    text, image = counts.taken(text, parts.image_tokens)
    return text, reasoned, audio, image
