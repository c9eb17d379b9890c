"""What a message or delta says is measured, whatever a server calls it."""

from __future__ import annotations

import msgspec
import pytest

from headgate.wire.openai_chat.piece import Piece


@pytest.mark.parametrize(
    ("delta", "size", "content"),
    [
        (b"{}", 0, False),
        (b'{"role":"assistant","content":"","refusal":null}', 0, False),
        (b'{"content":null,"tool_calls":null,"function_call":null,"audio":null}', 0, False),
        (b'{"content":"four"}', 4, True),
        (b'{"refusal":"no"}', 2, True),
        (b'{"reasoning_content":"hm","content":null}', 2, True),
        (b'{"reasoning":"hmm","reasoning_content":"hmm"}', 3, True),
        (b'{"content":[{"type":"text","text":"x"}]}', 26, True),
        (b'{"tool_calls":[]}', 0, False),
        (b'{"tool_calls":[{"index":0,"function":{"name":"f","arguments":""}}]}', 1, True),
        (b'{"tool_calls":[{"function":{"arguments":"abc"}},{"custom":{"name":"c","input":"de"}}]}', 6, True),
        (b'{"tool_calls":[{"function":{"arguments":{"x":1}}}]}', 5, True),
        (b'{"function_call":{"name":"f","arguments":"ab"}}', 3, True),
        (b'{"audio":{"id":"a","data":"AAAA"}}', 0, True),
        (b'{"audio":{"transcript":"hi"}}', 2, True),
    ],
)
def test_size_and_content(delta: bytes, size: int, content: bool) -> None:
    piece = msgspec.json.decode(delta, type=Piece)
    assert (piece.size(), piece.has_content()) == (size, content)
