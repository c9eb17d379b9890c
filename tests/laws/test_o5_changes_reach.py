"""O5: what an operator changes is in force on a running server within a second, and stays so."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator

import pytest

from headgate.clock import SystemClock
from headgate.control import keys
from headgate.core.stores import Stores
from headgate.stores import sqlite
from tests.support.client import ask
from tests.support.outside import Outside, outside

WITHIN_S = 1.0


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("o5")) as running:
        yield running


@pytest.fixture
def stores(gateway: Outside) -> Iterator[Stores]:
    opened = sqlite.build(sqlite.Options(gateway.data_dir / sqlite.FILE_NAME))
    yield opened
    opened.close()


async def status(gateway: Outside, key: str) -> int:
    return (await ask(gateway.url, "/v1/models", None, key=key)).status


async def comes(gateway: Outside, key: str, wanted: int, record: Callable[[str, object], None]) -> None:
    """Within a second the key gets this status, and it keeps it under load."""
    began_s = time.monotonic()
    while await status(gateway, key) != wanted:
        assert time.monotonic() - began_s < WITHIN_S
        await asyncio.sleep(0.01)
    record(f"status {wanted} after, ms", round((time.monotonic() - began_s) * 1000))
    assert set(await asyncio.gather(*(status(gateway, key) for _ in range(60)))) == {wanted}


async def test_a_new_key_works_and_a_revoked_one_is_refused_within_a_second(
    gateway: Outside, stores: Stores, record_property: Callable[[str, object], None]
) -> None:
    row, key = keys.create(stores, SystemClock(), os.urandom, keys.NewKey("revoked soon"))
    await comes(gateway, key, 200, record_property)
    keys.revoke(stores, SystemClock(), row.id)
    await comes(gateway, key, 401, record_property)


async def test_a_rotated_key_works_beside_the_new_one_until_its_grace_ends(
    gateway: Outside, stores: Stores, record_property: Callable[[str, object], None]
) -> None:
    row, old = keys.create(stores, SystemClock(), os.urandom, keys.NewKey("rotated"))
    await comes(gateway, old, 200, record_property)
    _, new = keys.rotate(stores, SystemClock(), os.urandom, row.id, grace_ms=2_500)
    await comes(gateway, new, 200, record_property)
    assert await status(gateway, old) == 200
    async with asyncio.timeout(5):
        while await status(gateway, old) != 401:
            await asyncio.sleep(0.05)
    assert await status(gateway, new) == 200
    _, newest = keys.rotate(stores, SystemClock(), os.urandom, row.id, grace_ms=0)
    await comes(gateway, newest, 200, record_property)
    assert await status(gateway, new) == 401


async def test_an_allow_list_and_an_expiry_count_on_a_running_server(
    gateway: Outside, stores: Stores, record_property: Callable[[str, object], None]
) -> None:
    clock = SystemClock()
    limited = keys.NewKey("limited", models=frozenset({"gpt"}), expires_at_ms=clock.now_us() // 1000 + 1_500)
    _, key = keys.create(stores, clock, os.urandom, limited)
    await comes(gateway, key, 200, record_property)
    listed = await ask(gateway.url, "/v1/models", None, key=key)
    assert [model["id"] for model in listed.json["data"]] == ["gpt"]
    async with asyncio.timeout(5):
        while await status(gateway, key) != 401:
            await asyncio.sleep(0.05)
