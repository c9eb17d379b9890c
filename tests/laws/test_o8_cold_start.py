"""O8: it starts without a network, answers at once, and is small while it is idle. Times are reported, not asserted."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from tests.support.client import ask
from tests.support.dialects import DIALECTS
from tests.support.outside import Outside, simulating
from tests.support.watched import Watch

IDLE_LIMIT_BYTES = 100 << 20


def test_a_cold_start_answers_without_a_network_and_stays_small(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    with simulating() as url:
        first = Outside(tmp_path, url)
        first.start()
        key = first.new_key()
        first.end()
        watch = Watch(tmp_path)
        for name, value in watch.environment.items():
            monkeypatch.setenv(name, value)
        began_s = time.monotonic()
        first.start()
        try:
            at_start = watch.network
            assert first.process is not None
            process = psutil.Process(first.process.pid)
            outside_of_it = [one for one in process.net_connections() if one.status != psutil.CONN_LISTEN]
            answer = asyncio.run(ask(first.url, DIALECTS[0].path, DIALECTS[0].body(False), key=key))
            record_property("cold start to the first proxied answer, s", round(time.monotonic() - began_s, 2))
            assert answer.status == 200
            second = asyncio.run(ask(first.url, DIALECTS[1].path, DIALECTS[1].body(True), key=key))
            assert second.status == 200
            resident = process.memory_info().rss
            record_property("resident memory, MB", resident >> 20)
        finally:
            first.end()
    assert at_start == [] and outside_of_it == []
    assert resident <= IDLE_LIMIT_BYTES


def test_the_watch_sees_a_name_that_is_looked_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(tmp_path)
    monkeypatch.setenv("PYTHONPATH", watch.environment["PYTHONPATH"])
    code = "import socket; socket.getaddrinfo('127.0.0.1', 1); socket.socket().connect_ex(('127.0.0.1', 1))"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert [event for event, _ in watch.network] == ["socket.getaddrinfo", "socket.connect"]
