"""What is asked of every stack: the models behind the aliases, and the request."""

from __future__ import annotations

import msgspec

PLAIN = "bench"
STREAM_TOKENS = 50
STREAM_INTERVAL_MS = 25
LENGTHS = (100, 1_000, 10_000)
LENGTH_INTERVAL_MS = 1
STALLED = "bench-stalled"

PATH = "/v1/chat/completions"
PROVIDER_KEY = "sim-key"

# Around 700 bytes as a body, like a short question with some context.
CONTEXT = (
    "You help the keepers of a small irrigation canal. Answer in two sentences, name the gate you talk about, and give every "
    "number with its unit. If the level is below the mark, say so first. Levels this morning: upper gate 1.42 m, lower gate 0.97 m, "
    "mill race 0.55 m, side channel closed for repair until Thursday. The orchards have their turn on Friday, the lower fields on "
    "Tuesday; nobody may take more than the mark on the stone allows. "
)
QUESTION = "How long can the lower gate stay open today if the level falls by two centimetres an hour?"


def alias(tokens: int) -> str:
    """The name under which streams of so many pieces are asked for."""
    return f"bench-{tokens}"


def models() -> dict[str, str]:
    """Alias → the simulated provider's model, which says how it answers."""
    lengths = {alias(tokens): f"gpt-4.1?tokens={tokens}&interval_ms={LENGTH_INTERVAL_MS}" for tokens in LENGTHS}
    return {
        PLAIN: "gpt-4.1",
        alias(STREAM_TOKENS): f"gpt-4.1?tokens={STREAM_TOKENS}&interval_ms={STREAM_INTERVAL_MS}",
        **lengths,
        STALLED: "gpt-4.1?stall=mid",
    }


def body(model: str, stream: bool) -> bytes:
    messages = [{"role": "system", "content": CONTEXT}, {"role": "user", "content": QUESTION}]
    request = {"model": model, "messages": messages, "temperature": 0.2, "max_completion_tokens": 20_000}
    return msgspec.json.encode(request | ({"stream": True, "stream_options": {"include_usage": True}} if stream else {}))
