"""The load generator against the simulator: what it counts is what was there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio

from bench import workload
from bench.load import Load
from bench.spec import Result, Spec, percentile
from headgate.simulator import Simulator, start


@pytest_asyncio.fixture
async def simulator() -> AsyncIterator[Simulator]:
    running = await start()
    yield running
    await running.close()


async def load(simulator: Simulator, kind: str, model: str, **values: float) -> Result:
    fixed = {"kind": kind, "host": simulator.host, "port": simulator.port, "path": workload.PATH, "connections": 3}
    headers = {"authorization": "Bearer sim-key"}
    body = workload.body(model, stream=kind == "streams").decode()
    running = Load(msgspec.convert(fixed | {"headers": headers, "body": body} | values, Spec))
    await running.connect()
    return await running.run()


async def test_every_event_of_every_stream_is_counted(simulator: Simulator) -> None:
    result = await load(simulator, "streams", "m?tokens=20", total=7)
    per_stream = 1 + 20 + 1 + 1 + 1  # role, content, finish, usage, [DONE]
    assert (result.requests, result.failed, result.events) == (7, 0, 7 * per_stream)
    assert len(result.first_us) == 7
    assert simulator.seen.total == 7


async def test_fewer_streams_than_connections_are_as_many_as_asked(simulator: Simulator) -> None:
    assert (await load(simulator, "streams", "m?tokens=2", total=2)).requests == 2


@pytest.mark.parametrize("fault", ["status=500", "done=none", "cut=5"])
async def test_what_goes_wrong_is_counted(simulator: Simulator, fault: str) -> None:
    assert (await load(simulator, "streams", f"m?tokens=9&{fault}", total=3)).failed == 3


async def test_paced_requests_come_at_their_rate(simulator: Simulator) -> None:
    result = await load(simulator, "paced", "m", rate=200, seconds=0.5, skip_seconds=0.1)
    assert result.failed == 0
    assert 0 < len(result.answer_us) <= 81
    assert simulator.seen.total <= 100


def test_percentiles_are_values_that_were_there() -> None:
    assert [percentile(list(range(100)), share) for share in (0, 0.5, 0.99, 1)] == [0, 50, 99, 99]
    assert percentile([], 0.5) == 0
