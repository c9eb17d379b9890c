"""What the stages share."""

from __future__ import annotations

from headgate.pipeline.gateway import request_ids

MS = 1_000


def test_ids_sort_by_time_and_never_repeat() -> None:
    one, other = request_ids(1), request_ids(2)
    made = [one(at_ms * MS) for at_ms in (5, 5, 6, 1_767_268_800_000)] + [other(5 * MS)]
    assert len(set(made)) == 5 and made[:4] == sorted(made[:4])
    assert {len(id) for id in made} == {len("req_") + 11 + 10 + 6}


def test_the_count_does_not_repeat_within_a_millisecond() -> None:
    next_id = request_ids(1)
    assert len({next_id(5 * MS) for _ in range(70_000)}) == 70_000
