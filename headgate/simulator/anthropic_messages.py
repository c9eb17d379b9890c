"""Anthropic messages: the request as far as an answer depends on it, and the answer, whole or streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from headgate.simulator import prose
from headgate.simulator.anthropic import ANTHROPIC
from headgate.simulator.anthropic_prompt import Json, Request, check, cleaned, offer_of, prompt_tokens, signature_of
from headgate.simulator.dialect import ID_SLOT
from headgate.simulator.directive import Directive, split_model
from headgate.simulator.reply import Event, Reply, Scene
from headgate.simulator.speech import Call, Speech, speak

THINKING_TOKENS = 24
PARTIAL_CHARS = 12
"""How much of a tool's input comes in one event."""

_decoder = msgspec.json.Decoder(Request)

PING = b'event: ping\ndata: {"type": "ping"}\n\n'


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that is fixed before the first byte goes out."""

    model: str
    speech: Speech
    thoughts: Speech | None
    thoughts_shown: bool
    input_usage: Json | None
    """The input's part of the usage; None where usage is asked to be missing."""
    finish: str

    @property
    def thinking_tokens(self) -> int:
        return self.thoughts.count if self.thoughts else 0

    @property
    def stop_reason(self) -> str:
        return self.finish or ("tool_use" if self.speech.calls else "max_tokens" if self.speech.cut_short else "end_turn")

    @property
    def signature(self) -> str:
        return signature_of(b"".join(self.thoughts.pieces()) if self.thoughts else b"")

    def usage(self) -> Json | None:
        if self.input_usage is None:
            return None
        output = self.speech.tokens + self.thinking_tokens
        return {**self.input_usage, "output_tokens": output, "output_tokens_details": {"thinking_tokens": self.thinking_tokens}}

    def tool_use(self, number: int) -> Json:
        call = self.speech.calls[number]
        return {"type": "tool_use", "id": f"toolu_{self.speech.seed:08x}{number:02d}", "name": call.tool.name, "input": {}}


def answer(body: bytes, scene: Scene) -> Reply:
    """The reply to a request's body. Raises Refused, and msgspec's own errors for what is not a messages request."""
    request = _decoder.decode(body)
    model, _ = split_model(request.model)
    directive = scene.direct(request.model)
    check(request, scene.version)
    fresh, read, written_5m, written_1h = prompt_tokens(request, model, scene)
    usage: Json = {
        "input_tokens": max(fresh - directive.cached, 0),
        "cache_creation_input_tokens": written_5m + written_1h,
        "cache_read_input_tokens": read + min(directive.cached, fresh),
        "cache_creation": {"ephemeral_5m_input_tokens": written_5m, "ephemeral_1h_input_tokens": written_1h},
        "server_tool_use": None,
        "service_tier": "standard",
    }
    made = _made(request, model, directive, None if directive.usage == "none" else usage, scene.seed)
    stateless = not (read or written_5m or written_1h)
    if request.stream:
        return Reply(
            ANTHROPIC,
            events=lambda id: _events(made, id),
            content_type="text/event-stream; charset=utf-8",
            directive=directive,
            repeatable=stateless,
        )
    return Reply(ANTHROPIC, body=_whole(made), directive=directive, repeatable=stateless)


def count(body: bytes, scene: Scene) -> Reply:
    """The reply of `count_tokens`."""
    data: Json = msgspec.json.decode(body, type=dict[str, Any])
    request = msgspec.convert({"max_tokens": 1, **data}, Request)
    directive = scene.direct(request.model)
    check(request, scene.version)
    fresh, *cached = prompt_tokens(cleaned(request), split_model(request.model)[0], scene)
    return Reply(ANTHROPIC, body=msgspec.json.encode({"input_tokens": fresh + sum(cached)}), directive=directive)


def _made(request: Request, model: str, directive: Directive, usage: Json | None, seed: int) -> Answer:
    thinking = request.thinking or {}
    thinks = thinking.get("type") in ("enabled", "adaptive")
    offer = offer_of(request)
    thought_seed = prose.seed_of("thinking" + offer.prompt, seed)
    return Answer(
        model=model,
        speech=speak(offer, directive, seed),
        thoughts=Speech(thought_seed, directive.reasoning or THINKING_TOKENS) if thinks else None,
        thoughts_shown=thinking.get("display") != "omitted",
        input_usage=usage,
        finish=directive.finish,
    )


def _whole(made: Answer) -> bytes:
    content: list[Json] = []
    if made.thoughts:
        thinking = _unescaped(made.thoughts) if made.thoughts_shown else ""
        content.append({"type": "thinking", "thinking": thinking, "signature": made.signature})
    if made.speech.count:
        content.append({"type": "text", "text": _unescaped(made.speech)})
    for number, call in enumerate(made.speech.calls):
        content.append({**made.tool_use(number), "input": msgspec.Raw(call.arguments.encode())})
    usage = made.usage()
    return msgspec.json.encode(
        {
            "id": f"msg_{ID_SLOT.decode()}",
            "type": "message",
            "role": "assistant",
            "model": made.model,
            "content": content,
            "stop_reason": made.stop_reason,
            "stop_sequence": None,
            **({} if usage is None else {"usage": usage}),
        }
    )


def _unescaped(speech: Speech) -> str:
    return msgspec.json.decode(b'"' + b"".join(speech.pieces()) + b'"', type=str)


def _events(made: Answer, id: bytes) -> Iterator[Event]:
    yield "open", _event("message_start", {"message": _opening(made, id)})
    index = 0
    if made.thoughts:
        yield from _thinking(made, made.thoughts)
        index = 1
    if made.speech.count:
        yield from _text(made.speech, index)
        index += 1
    for number, call in enumerate(made.speech.calls):
        yield from _tool_use(made.tool_use(number), call, index + number, pinged=index == 0 and number == 0)
    delta: Json = {"delta": {"stop_reason": made.stop_reason, "stop_sequence": None}}
    usage = made.usage()
    if usage is not None:
        delta["usage"] = {
            name: usage[name] for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens")
        }
        if made.thoughts:
            delta["usage"]["output_tokens_details"] = usage["output_tokens_details"]
    yield "usage", _event("message_delta", delta)
    yield "done", _event("message_stop", {})


def _opening(made: Answer, id: bytes) -> Json:
    message: Json = {
        "id": f"msg_{id.decode()}",
        "type": "message",
        "role": "assistant",
        "model": made.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }
    return message if made.input_usage is None else {**message, "usage": {**made.input_usage, "output_tokens": 1}}


def _thinking(made: Answer, thoughts: Speech) -> Iterator[Event]:
    yield "other", _event("content_block_start", {"index": 0, "content_block": {"type": "thinking", "thinking": "", "signature": ""}})
    yield "other", PING
    if made.thoughts_shown:
        yield from _deltas(0, "thinking_delta", "thinking", thoughts.pieces())
    yield from _deltas(0, "signature_delta", "signature", (made.signature.encode(),))
    yield "other", _event("content_block_stop", {"index": 0})


def _text(speech: Speech, index: int) -> Iterator[Event]:
    yield "other", _event("content_block_start", {"index": index, "content_block": {"type": "text", "text": ""}})
    if index == 0:
        yield "other", PING
    yield from _deltas(index, "text_delta", "text", speech.pieces())
    yield "other", _event("content_block_stop", {"index": index})


def _tool_use(block: Json, call: Call, index: int, pinged: bool) -> Iterator[Event]:
    yield "other", _event("content_block_start", {"index": index, "content_block": block})
    if pinged:
        yield "other", PING
    parts = [""] + [call.arguments[start : start + PARTIAL_CHARS] for start in range(0, len(call.arguments), PARTIAL_CHARS)]
    yield from _deltas(index, "input_json_delta", "partial_json", (prose.escaped(part) for part in parts))
    yield "other", _event("content_block_stop", {"index": index})


def _deltas(index: int, kind: str, member: str, pieces: Iterator[bytes] | tuple[bytes, ...]) -> Iterator[Event]:
    before = b'event: content_block_delta\ndata: {"type":"content_block_delta","index":%d,"delta":{"type":"%b","%b":"' % (
        index,
        kind.encode(),
        member.encode(),
    )
    for piece in pieces:
        yield "content", before + piece + b'"}}\n\n'


def _event(name: str, members: Json) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (name.encode(), msgspec.json.encode({"type": name, **members}))
