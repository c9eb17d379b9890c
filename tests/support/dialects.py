"""The two dialects as a client knows them: what to ask, what a success looks like, and what a failure says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from headgate.simulator import Simulator
from tests.support import sim_client
from tests.support.client import Answer

Json = dict[str, Any]
SCHEMA: Json = {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "string"}}}}
MOST_TOKENS = 64


@dataclass(frozen=True)
class Dialect:
    name: str
    path: str
    model: str
    """The provider's name for the alias."""
    request: Json
    tools: Json
    """Members that make the simulated model call a tool."""
    terminal: bytes
    """What only a stream that was whole contains."""

    def body(self, stream: bool, calls_tool: bool = False, **more: object) -> Json:
        return {**self.request, **({"stream": True} if stream else {}), **(self.tools if calls_tool else {}), **more}

    def error_code(self, body: bytes) -> str | None:
        """The gateway's code in an error body; None where it is none."""
        said = json.loads(body)
        if "error" not in said:
            return None
        return str(said["error"].get("code") or said["error"].get("details", {}).get("error_code"))

    def last_error(self, stream: bytes) -> str | None:
        """The code in the event that ends a stream; None where the last event is no error."""
        return self.error_code(data_of(stream)[-1]) if not stream.endswith(b"[DONE]\n\n") else None

    async def recorded(self, simulator: Simulator, stream: bool, calls_tool: bool = False, more: Json | None = None) -> list[bytes]:
        """What the provider says to a request of this dialect: the events of a stream, or one whole body."""
        body = {**self.body(stream, calls_tool), **(more or {}), "model": self.model}
        answer = await sim_client.ask(simulator, self.path, body)
        assert answer.status == 200
        return answer.writes if stream else [answer.body]


def data_of(stream: bytes) -> list[bytes]:
    """The data of each event that has any."""
    events = stream.replace(b"\r\n", b"\n").split(b"\n\n")
    lines = [line for event in events for line in event.split(b"\n") if line.startswith(b"data:")]
    return [line.removeprefix(b"data:").strip() for line in lines]


def failed(dialect: Dialect, answer: Answer) -> str:
    """How an answer says that it failed: its code, as a whole error or as the last event. Fails where it says nothing of the kind."""
    assert answer.whole, "the framing broke off, so that a client reads a connection error and no reason"
    assert dialect.terminal not in answer.body
    if answer.status != 200:
        assert answer.headers["content-type"] == "application/json"
        code = dialect.error_code(answer.body)
    else:
        code = dialect.last_error(answer.body)
    assert code is not None
    return code


OPENAI = Dialect(
    name="openai",
    path="/v1/chat/completions",
    model="gpt-4.1",
    request={"model": "gpt", "messages": [{"role": "user", "content": "weather?"}], "max_completion_tokens": MOST_TOKENS},
    tools={"tools": [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]},
    terminal=b"data: [DONE]",
)
ANTHROPIC = Dialect(
    name="anthropic",
    path="/v1/messages",
    model="claude-sonnet-4-5",
    request={"model": "claude", "messages": [{"role": "user", "content": "weather?"}], "max_tokens": MOST_TOKENS},
    tools={"tools": [{"name": "weather", "input_schema": SCHEMA}]},
    terminal=b"event: message_stop",
)
DIALECTS = (OPENAI, ANTHROPIC)


def by_name(dialect: Dialect) -> str:
    return dialect.name
