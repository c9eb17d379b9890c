"""The demo's simulated providers: a process of their own that ends with the demo, whichever way that ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import uvloop

from headgate.simulator import start

LOOK_EVERY_S = 0.5


async def serve(parent: int) -> None:
    """Serve until told to stop, or until the parent is gone."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    simulator = await start("127.0.0.1", 0)
    sys.stdout.write(f"{simulator.url}\n")
    sys.stdout.flush()
    while os.getppid() == parent and not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), LOOK_EVERY_S)
        except TimeoutError:
            continue
    await simulator.close()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
