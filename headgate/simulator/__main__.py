"""`python -m headgate.simulator`: simulated providers on a port, until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import uvloop

from headgate.simulator.simulator import start


async def run(host: str, port: int, seed: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    simulator = await start(host, port, seed=seed)
    sys.stdout.write(f"simulator listening on {simulator.url}\n")
    sys.stdout.flush()
    await stop.wait()
    await simulator.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m headgate.simulator", description="Simulated OpenAI and Anthropic endpoints.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one (default)")
    parser.add_argument("--seed", type=int, default=0, help="another seed says other things")
    args = parser.parse_args()
    uvloop.run(run(args.host, args.port, args.seed))


if __name__ == "__main__":
    main()
