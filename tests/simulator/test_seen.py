from __future__ import annotations

from headgate.simulator.seen import MOST_BYTES, MOST_REQUESTS, Log, Seen


def seen(body: bytes = b"{}") -> Seen:
    request = Seen("POST", "/v1/messages?beta=true", [(b"x-a", b"1"), (b"x-a", b"2")], 1_000.0)
    request.body = body
    return request


def test_the_oldest_requests_make_room() -> None:
    log = Log()
    for _ in range(MOST_REQUESTS + 5):
        log.add(seen())
    assert (len(log), log.total) == (MOST_REQUESTS, MOST_REQUESTS + 5)
    assert next(iter(log)).number == 5


def test_large_bodies_make_room_sooner() -> None:
    log = Log()
    for _ in range(3):
        log.add(seen(b"x" * (MOST_BYTES // 2)))
    assert [request.number for request in log] == [1, 2]


def test_a_request_shows_its_path_and_headers() -> None:
    request = seen()
    assert (request.path, request.header("x-a"), request.header("x-b")) == ("/v1/messages", "1", None)
    assert request.as_json()["headers"] == [["x-a", "1"], ["x-a", "2"]]


def test_only_a_peer_that_left_an_unfinished_answer_closed_early() -> None:
    running, whole, left, cut = seen(), seen(), seen(), seen()
    whole.answered_ms, whole.closed_ms, whole.closed_by = 1_100.0, 1_200.0, "peer"
    left.closed_ms, left.closed_by = 1_250.0, "peer"
    cut.closed_ms, cut.closed_by = 1_250.0, "simulator"
    assert [request.closed_early_ms for request in (running, whole, left, cut)] == [None, None, 250.0, None]


def test_clearing_begins_anew() -> None:
    log = Log()
    log.add(seen())
    log.clear()
    assert (list(log), log.total) == ([], 0)
