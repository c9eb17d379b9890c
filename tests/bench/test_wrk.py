from __future__ import annotations

from pathlib import Path

import pytest

from bench.stacks import Launch
from bench.wrk import Burst, lua, parse

REPORT = """Running 2s test @ http://127.0.0.1:1/v1/chat/completions
  1 threads and 64 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.32ms  524.17us  11.47ms   82.54%
    Req/Sec    49.30k    12.72k   78.17k    75.00%
  Latency Distribution
     50%    1.24ms
     75%    1.50ms
     90%  890.00us
     99%    2.00s
  195619 requests in 2.01s, 240.29MB read
{extra}Requests/sec:  48877.05
"""


def test_the_numbers_are_read() -> None:
    assert parse(REPORT.format(extra="")) == Burst(195_619, 2.01, 1_240.0, 2_000_000.0, 0)


def test_failures_are_counted() -> None:
    extra = "  Socket errors: connect 1, read 2, write 3, timeout 4\n  Non-2xx or 3xx responses: 100\n"
    assert parse(REPORT.format(extra=extra)).failed == 110


def test_something_else_is_not_a_report() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        parse("unable to connect to 127.0.0.1:1")


def test_the_script_posts_the_request_with_its_headers(tmp_path: Path) -> None:
    launch = Launch("x", "", [], tmp_path, 1, {"authorization": "Bearer hg-1"}, {"bench": "m"})
    script = lua(launch)
    assert 'wrk.headers["authorization"] = [==[Bearer hg-1]==]' in script
    assert '"model":"m"' in script
