"""What a content block says is measured."""

from __future__ import annotations

import msgspec
import pytest

from headgate.wire.anthropic.block import Block


@pytest.mark.parametrize(
    ("block", "size", "content"),
    [
        (b'{"type":"text","text":""}', 0, False),
        (b'{"type":"text","text":"hi"}', 2, True),
        (b'{"type":"thinking","thinking":"","signature":""}', 0, False),
        (b'{"type":"thinking","thinking":"hmm","signature":"AAAA"}', 3, True),
        (b'{"type":"redacted_thinking","data":"AAAAAAAA"}', 8, True),
        (b'{"type":"tool_use","id":"t","name":"f","input":{}}', 0, True),
        (b'{"type":"tool_use","id":"t","name":"f","input":{"x":1}}', 5, True),
        (b'{"type":"web_search_tool_result","content":[]}', 0, True),
        (b'{"type":"input_json_delta","partial_json":"{\\"x"}', 4, True),
        (b'{"stop_reason":"end_turn"}', 0, False),
    ],
)
def test_size_and_content(block: bytes, size: int, content: bool) -> None:
    found = msgspec.json.decode(block, type=Block)
    assert (found.size(), found.has_content()) == (size, content)
