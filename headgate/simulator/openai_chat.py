"""OpenAI chat completions: the request as far as an answer depends on it, and the answer, whole or streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, cast

import msgspec
from msgspec import Struct

from headgate.simulator import prose
from headgate.simulator.dialect import ID_SLOT, Refused
from headgate.simulator.directive import split_model
from headgate.simulator.openai import OPENAI
from headgate.simulator.prefixes import digests
from headgate.simulator.reply import Event, Reply, Scene
from headgate.simulator.speech import Offer, Speech, Tool, speak

TOKENS_PER_MESSAGE = 4
TOKENS_PER_IMAGE = 85
REASONING_TOKENS = 64
CACHE_FLOOR, CACHE_STEP = 1024, 128
"""Prompts from so many tokens on are cached by themselves, in steps."""
ARGUMENT_CHARS = 12
"""How much of a tool call's arguments comes in one event."""

CHUNK_HEAD = (
    b'data: {"id":"chatcmpl-%b","object":"chat.completion.chunk","created":%d,"model":%b,'
    b'"service_tier":"default","system_fingerprint":"fp_51m","choices":['
)
WHOLE = (
    b'{"id":"chatcmpl-%b","object":"chat.completion","created":%d,"model":%b,"choices":[%b]%b,'
    b'"service_tier":"default","system_fingerprint":"fp_51m"}'
)

Json = dict[str, Any]


class Message(Struct):
    role: str
    content: str | list[Json] | None = None
    tool_calls: list[Json] | None = None
    tool_call_id: str | None = None


class StreamOptions(Struct):
    include_usage: bool | None = None


class Request(Struct):
    model: str
    messages: list[Message]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    tools: list[Json] | None = None
    tool_choice: str | Json | None = None
    parallel_tool_calls: bool | None = None
    response_format: Json | None = None
    reasoning_effort: str | None = None


_decoder = msgspec.json.Decoder(Request)


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that is fixed before the first byte goes out."""

    model: bytes
    """As JSON."""
    created: int
    choices: tuple[Speech, ...]
    usage: bytes | None
    """As JSON; None where it is asked to be missing."""
    show_usage: bool
    finish: str

    def finish_of(self, speech: Speech) -> str:
        return self.finish or ("tool_calls" if speech.calls else "length" if speech.cut_short else "stop")


def answer(body: bytes, scene: Scene) -> Reply:
    """The reply to a request's body. Raises Refused, and msgspec's own errors for what is not a chat request."""
    request = _decoder.decode(body)
    model, _ = split_model(request.model)
    directive = scene.direct(request.model)
    _check(request)
    offer = _offer(request)
    choices = tuple(speak(offer, directive, scene.seed + index) for index in range(request.n or 1))
    prompt_tokens, cached = _prompt_tokens(request, model, scene)
    reasoning = directive.reasoning or (REASONING_TOKENS if request.reasoning_effort not in (None, "none") else 0)
    completion = reasoning + sum(choice.tokens for choice in choices)
    made = Answer(
        model=msgspec.json.encode(model),
        created=scene.now_s,
        choices=choices,
        usage=None
        if directive.usage == "none"
        else _usage(prompt_tokens, min(directive.cached or cached, prompt_tokens), completion, reasoning),
        show_usage=bool(request.stream_options and request.stream_options.include_usage),
        finish=directive.finish,
    )
    stateless = prompt_tokens < CACHE_FLOOR
    if request.stream:
        return Reply(
            OPENAI,
            events=lambda id: _events(made, id),
            content_type="text/event-stream; charset=utf-8",
            directive=directive,
            repeatable=stateless,
        )
    return Reply(OPENAI, body=_whole(made), directive=directive, repeatable=stateless)


def _check(request: Request) -> None:
    if not request.messages:
        raise Refused(
            400, "Invalid 'messages': empty array. Expected an array with minimum length 1.", code="empty_array", param="messages"
        )
    if request.stream_options is not None and not request.stream:
        raise Refused(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options")
    if request.max_tokens is not None and request.max_completion_tokens is not None:
        message = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported."
        raise Refused(400, message, code="invalid_parameter_combination", param="max_tokens")


def _text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    return " ".join(str(part.get("text", "")) for part in message.content or [])


def _offer(request: Request) -> Offer:
    last = request.messages[-1]
    choice = request.tool_choice
    named: str | None = None
    if isinstance(choice, dict):
        pointed = cast("Json", choice.get("function") or choice.get("custom") or {})
        named = pointed.get("name")
    return Offer(
        prompt=_text(last),
        asks=last.role == "user",
        tools=[_tool(tool) for tool in request.tools or []],
        may_call=choice != "none",
        must_call=choice == "required" or (isinstance(choice, dict) and named is None),
        named=named,
        parallel=request.parallel_tool_calls is not False,
        most_tokens=request.max_completion_tokens or request.max_tokens,
        demanded=_demanded(request.response_format),
    )


def _tool(tool: Json) -> Tool:
    if tool.get("type") == "custom":
        return Tool(str(tool["custom"]["name"]), None)
    function = cast("Json", tool.get("function") or {})
    return Tool(str(function.get("name")), function.get("parameters") or {"type": "object", "properties": {}})


def _demanded(wanted: Json | None) -> Json | None:
    match (wanted or {}).get("type"):
        case "json_schema":
            return cast("Json", (wanted or {}).get("json_schema", {}).get("schema") or {"type": "object"})
        case "json_object":
            return {"type": "object", "properties": {"answer": {"type": "string", "const": prose.SENTENCES[0]}}}
        case _:
            return None


def _prompt_tokens(request: Request, model: str, scene: Scene) -> tuple[int, int]:
    """All tokens of the prompt, and how many of them were cached."""
    tools = prose.tokens(len(msgspec.json.encode(request.tools))) if request.tools else 0
    counts = [tools] + [
        TOKENS_PER_MESSAGE + prose.tokens(len(_text(message)) + len(str(message.tool_calls or ""))) + TOKENS_PER_IMAGE * _images(message)
        for message in request.messages
    ]
    total = sum(counts)
    if total < CACHE_FLOOR:
        return total, 0
    blocks = [msgspec.json.encode(request.tools), *(msgspec.json.encode(message) for message in request.messages)]
    cached = running = 0
    for count, digest in zip(counts, digests(f"{scene.credential} {model}", blocks), strict=True):
        running += count
        if scene.prefixes.known(digest):
            cached = running
        scene.prefixes.learn(digest)
    return total, cached // CACHE_STEP * CACHE_STEP if cached >= CACHE_FLOOR else 0


def _images(message: Message) -> int:
    return sum(part.get("type") == "image_url" for part in message.content) if isinstance(message.content, list) else 0


def _usage(prompt: int, cached: int, completion: int, reasoning: int) -> bytes:
    return msgspec.json.encode(
        {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": reasoning,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }
    )


def _whole(made: Answer) -> bytes:
    choices: list[bytes] = []
    for index, speech in enumerate(made.choices):
        text = b'"' + b"".join(speech.pieces()) + b'"' if not speech.calls else b"null"
        calls = b',"tool_calls":' + msgspec.json.encode([_call(index, number, speech) for number in range(len(speech.calls))])
        choices.append(
            b'{"index":%d,"message":{"role":"assistant","content":%b,"refusal":null,"annotations":[]%b},"logprobs":null,"finish_reason":"%b"}'
            % (index, text, calls if speech.calls else b"", made.finish_of(speech).encode())
        )
    usage = b',"usage":' + made.usage if made.usage is not None else b""
    return WHOLE % (ID_SLOT, made.created, made.model, b",".join(choices), usage)


def _call(choice: int, number: int, speech: Speech) -> Json:
    call = speech.calls[number]
    id = f"call_{speech.seed:08x}{choice:02d}{number:02d}"
    if call.tool.schema is None:
        return {"id": id, "type": "custom", "custom": {"name": call.tool.name, "input": call.arguments}}
    return {"id": id, "type": "function", "function": {"name": call.tool.name, "arguments": call.arguments}}


def _events(made: Answer, id: bytes) -> Iterator[Event]:
    head = CHUNK_HEAD % (id, made.created, made.model)
    tail = b'],"usage":null}\n\n' if made.show_usage else b"]}\n\n"
    for index in range(len(made.choices)):
        yield "open", _chunk(head, index, b'{"role":"assistant","content":"","refusal":null}', b"null", tail)
    if len(made.choices) == 1:
        yield from _said(made.choices[0], 0, head, tail)
    else:
        for turn in zip_longest(*(_said(speech, index, head, tail) for index, speech in enumerate(made.choices))):
            yield from (event for event in turn if event is not None)
    for index, speech in enumerate(made.choices):
        yield "finish", _chunk(head, index, b"{}", b'"' + made.finish_of(speech).encode() + b'"', tail)
    if made.show_usage and made.usage is not None:
        yield "usage", head + b'],"usage":' + made.usage + b"}\n\n"
    yield "done", b"data: [DONE]\n\n"


def _said(speech: Speech, index: int, head: bytes, tail: bytes) -> Iterator[Event]:
    before = head + b'{"index":%d,"delta":{"content":"' % index
    after = b'"},"logprobs":null,"finish_reason":null}' + tail
    for piece in speech.pieces():
        yield "content", before + piece + after
    for number in range(len(speech.calls)):
        for delta in _call_deltas(index, number, speech):
            yield "content", _chunk(head, index, delta, b"null", tail)


def _call_deltas(index: int, number: int, speech: Speech) -> Iterator[bytes]:
    call = _call(index, number, speech)
    kind, member = ("custom", "input") if "custom" in call else ("function", "arguments")
    text = str(call[kind][member])
    opening = {"index": number, **call, kind: {**call[kind], member: ""}}
    yield msgspec.json.encode({"tool_calls": [opening]})
    for start in range(0, len(text), ARGUMENT_CHARS):
        part = {"index": number, kind: {member: text[start : start + ARGUMENT_CHARS]}}
        yield msgspec.json.encode({"tool_calls": [part]})


def _chunk(head: bytes, index: int, delta: bytes, finish: bytes, tail: bytes) -> bytes:
    return head + b'{"index":%d,"delta":%b,"logprobs":null,"finish_reason":%b}' % (index, delta, finish) + tail
