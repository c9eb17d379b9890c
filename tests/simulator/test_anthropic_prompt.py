from __future__ import annotations

from typing import Any

import msgspec
import pytest

from headgate.simulator.anthropic_prompt import Request, check, offer_of, prompt_tokens, signature_of
from headgate.simulator.dialect import Refused
from headgate.simulator.directive import HEALTHY
from headgate.simulator.prefixes import Prefixes
from headgate.simulator.reply import Scene
from tests.support.sim_client import MESSAGES

OLD, NEW = "2023-06-01", "2026-10-21"
USE: dict[str, Any] = {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "f", "input": {}}]}
MARK = {"type": "ephemeral"}
HOUR = {"type": "ephemeral", "ttl": "1h"}


def request(**changes: Any) -> Request:
    return msgspec.convert({**MESSAGES, **changes}, Request)


def text(content: str, mark: Any = None) -> dict[str, Any]:
    return {"type": "text", "text": content} | ({"cache_control": mark} if mark else {})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"messages": []}, "at least one message"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": "x"}, USE, {"role": "user", "content": "y"}]}, "without `tool_result`"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t9"}]}]}, "unexpected `tool_use_id`"),
        ({"system": [text(str(number), MARK) for number in range(5)]}, "maximum of 4"),
        (
            {
                "messages": [
                    {"role": "assistant", "content": [{"type": "thinking", "thinking": "altered", "signature": signature_of(b"true")}]}
                ]
            },
            "messages.0.content.0: Invalid `signature`",
        ),
    ],
)
def test_what_the_real_one_refuses_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(Refused, match=says):
        check(request(**change), OLD)


def test_sampling_is_refused_by_the_newer_version_only() -> None:
    check(request(temperature=1), OLD)
    with pytest.raises(Refused, match="temperature: Extra inputs are not permitted"):
        check(request(temperature=1), NEW)


def test_an_offer_is_what_the_request_allows() -> None:
    tools = [{"name": "f", "input_schema": {"type": "object"}}]
    assert offer_of(request(tools=tools, tool_choice={"type": "any"})).must_call
    assert offer_of(request(tools=tools, tool_choice={"type": "tool", "name": "f"})).named == "f"
    assert not offer_of(request(tools=tools, tool_choice={"type": "none"})).may_call
    assert not offer_of(request(tools=tools, tool_choice={"type": "auto", "disable_parallel_tool_use": True})).parallel


def counted(prefixes: Prefixes, credential: str = "sim-key", **changes: Any) -> tuple[int, int, int, int]:
    scene = Scene(0, 0, credential, prefixes, lambda _: HEALTHY)
    return prompt_tokens(request(**changes), "claude", scene)


def test_a_prompt_without_marks_is_all_fresh() -> None:
    assert counted(Prefixes()) == (10, 0, 0, 0)


def test_each_mark_writes_for_its_own_time() -> None:
    system = [text("a" * 400, HOUR), text("b" * 200, MARK)]
    assert counted(Prefixes(), system=system) == (10, 0, 50, 100)


def test_a_growing_conversation_reads_what_it_wrote() -> None:
    prefixes = Prefixes()
    first = [{"role": "user", "content": [text("a" * 400, MARK)]}]
    later = [
        {"role": "user", "content": [text("a" * 400)]},
        {"role": "assistant", "content": "b" * 40},
        {"role": "user", "content": [text("c" * 80, MARK)]},
    ]
    assert counted(prefixes, messages=first) == (0, 0, 104, 0)
    assert counted(prefixes, messages=later) == (0, 104, 14 + 24, 0)


def test_accounts_have_their_own_caches() -> None:
    prefixes, system = Prefixes(), [text("a" * 400, MARK)]
    assert counted(prefixes, "one", system=system) == counted(prefixes, "two", system=system) == (10, 0, 100, 0)


def test_a_mark_on_the_request_marks_its_end() -> None:
    assert counted(Prefixes(), cache_control=MARK) == (0, 0, 10, 0)


def test_tools_and_images_count() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}}
    assert counted(Prefixes(), messages=[{"role": "user", "content": [image]}])[0] == 1_604
    assert counted(Prefixes(), tools=[{"name": "f", "input_schema": {"type": "object"}}])[0] > 10
