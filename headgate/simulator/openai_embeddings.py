"""OpenAI embeddings: unit vectors that differ with the text and come again for the same text."""

from __future__ import annotations

import base64
import math
import struct
from typing import Any

import msgspec
from msgspec import Struct

from headgate.simulator import prose
from headgate.simulator.dialect import Refused
from headgate.simulator.directive import split_model
from headgate.simulator.openai import OPENAI
from headgate.simulator.reply import Reply, Scene

DEFAULT_DIMENSIONS = 1536
MOST_INPUTS = 2048


class Request(Struct):
    model: str
    input: str | list[str | int | list[int]]
    dimensions: int | None = None
    encoding_format: str | None = None


_decoder = msgspec.json.Decoder(Request)


def answer(body: bytes, scene: Scene) -> Reply:
    """The reply to a request's body. Raises Refused, and msgspec's own errors for what is not an embeddings request."""
    request = _decoder.decode(body)
    model, _ = split_model(request.model)
    directive = scene.direct(request.model)
    inputs = _inputs(request)
    wide = request.dimensions or (3072 if "large" in model else DEFAULT_DIMENSIONS)
    as_base64 = request.encoding_format == "base64"
    data = [
        {"object": "embedding", "index": index, "embedding": _written(vector(text, wide, scene.seed), as_base64)}
        for index, text in enumerate(inputs)
    ]
    reply: dict[str, Any] = {"object": "list", "data": data, "model": model}
    if directive.usage != "none":
        count = sum(len(text) if isinstance(text, list) else prose.tokens(len(text)) for text in inputs)
        reply["usage"] = {"prompt_tokens": count, "total_tokens": count}
    return Reply(OPENAI, body=msgspec.json.encode(reply), directive=directive)


def _inputs(request: Request) -> list[str | list[int]]:
    if isinstance(request.input, str):
        inputs: list[str | list[int]] = [request.input]
    elif request.input and isinstance(request.input[0], int):
        inputs = [[token for token in request.input if isinstance(token, int)]]
    else:
        inputs = [entry for entry in request.input if not isinstance(entry, int)]
    if not inputs or any(not entry for entry in inputs):
        raise Refused(400, "Invalid 'input': input cannot be an empty string or array.", code="invalid_value", param="input")
    if len(inputs) > MOST_INPUTS:
        raise Refused(
            400, f"Invalid 'input': array too long. Expected at most {MOST_INPUTS} entries.", code="array_above_max_length", param="input"
        )
    return inputs


def vector(text: str | list[int], wide: int, seed: int) -> list[float]:
    """`wide` numbers whose squares add up to one."""
    state = prose.seed_of(text if isinstance(text, str) else repr(text), seed)
    values: list[float] = []
    for _ in range(wide):
        state = (state * 1_664_525 + 1_013_904_223) & 0xFFFFFFFF
        values.append(state / 0x80000000 - 1)
    length = math.sqrt(sum(value * value for value in values)) or 1.0
    return [round(value / length, 9) for value in values]


def _written(values: list[float], as_base64: bool) -> list[float] | str:
    if not as_base64:
        return values
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
