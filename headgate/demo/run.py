"""Runs the demo: simulated providers beside it, a store with a past, a gateway like any other, and traffic through it."""

from __future__ import annotations

import logging
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

from headgate import app
from headgate.clock import SystemClock
from headgate.config import catalog, load, prices
from headgate.config.schema import Settings
from headgate.demo import history, people, place, traffic, words
from headgate.demo.people import People
from headgate.demo.traffic import Caller
from headgate.demo.words import Facts
from headgate.stores import sqlite

OK = 0

SEED = 20_260_131

RECORDED_WITHIN_S = 3.0
"""How long to wait for the recorder, so that the commands that are printed find what they name."""


def run(port: int, seconds_of_traffic: int, folder: str, as_json: bool) -> int:
    """Serve the demo until it is told to stop."""
    signal.signal(signal.SIGTERM, _interrupt)
    place_ = Path(folder)
    with place.held(place_), place.providers() as providers_url:
        free = place.free_port(port)
        notes = () if free == port or port == 0 else (f"Port {port} is taken, so this listens on {free}.",)
        config = place.write_config(place_, free, providers_url)
        settings = load.load(config, load.environment())
        gathered = prepare(settings)

        def tell(ready: app.Ready) -> None:
            facts = Facts(ready.url, gathered.try_me, gathered.admin, config, notes, sent=0, explain=None)
            threading.Thread(target=show, args=(facts, settings, gathered, seconds_of_traffic, as_json), daemon=True).start()

        serve(settings, place_ / place.LOG, tell)
    return OK


def prepare(settings: Settings) -> People:
    """Teams and keys, and on the first run a past."""
    clock = SystemClock()
    stores = sqlite.build(sqlite.Options(settings.data_dir / sqlite.FILE_NAME))
    try:
        gathered = people.gather(stores, clock)
    finally:
        stores.close()
    if gathered.first_run:
        known = catalog.build(settings, prices.load())
        history.write(settings.data_dir, known, [row for row, _ in gathered.callers], clock.now_us(), random.Random(SEED))
    return gathered


def serve(settings: Settings, log: Path, tell: Callable[[app.Ready], None]) -> None:
    """The gateway, as `headgate serve` runs it, with its log in a file."""
    with place.logged(log):
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
        app.run(settings, tell)


def show(facts: Facts, settings: Settings, gathered: People, seconds_of_traffic: int, as_json: bool) -> None:
    """Send the traffic, then print what there is to do and to see."""
    callers = [Caller(whole, row.models) for row, whole in gathered.callers]
    sent = traffic.send(facts.url, callers, seconds_of_traffic, random.Random(SEED))
    worth = next(iter(sent.retried or sent.ids), None)
    if worth is not None:
        await_record(settings, worth)
    facts = replace(facts, sent=len(sent.ids), explain=worth)
    text = words.as_json(facts) if as_json else words.as_text(facts, sys.stdout.isatty())
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def await_record(settings: Settings, id: str) -> None:
    """Wait until the recorder has loaded a request, if it does so soon."""
    stores = sqlite.build(sqlite.Options(settings.data_dir / sqlite.FILE_NAME))
    until_s = time.monotonic() + RECORDED_WITHIN_S
    try:
        while stores.records.get(id) is None and time.monotonic() < until_s:
            time.sleep(0.02)
    finally:
        stores.close()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
