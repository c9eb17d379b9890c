from __future__ import annotations

import msgspec

from bench import workload


def test_the_request_is_about_700_bytes() -> None:
    assert 650 <= len(workload.body("bench", stream=False)) <= 850


def test_streams_ask_for_usage() -> None:
    assert msgspec.json.decode(workload.body("bench", stream=True))["stream_options"] == {"include_usage": True}


def test_plain_requests_take_the_simulators_shortest_way() -> None:
    assert "?" not in workload.models()[workload.PLAIN]
    assert set(workload.models()) >= {workload.alias(tokens) for tokens in (*workload.LENGTHS, workload.STREAM_TOKENS)}
