"""Two weeks of requests that were: entries with earlier times, for the journal, from where they go the way of all entries."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from pathlib import Path

from headgate.core.ports import Catalog, Deployment
from headgate.core.record import Admitted, Attempt, Outcome, Settled
from headgate.core.stores import KeyRow
from headgate.core.usage import Usage, UsageSource
from headgate.ledger.journal import FileJournal, Options
from headgate.pipeline.gateway import request_ids

DAYS = 13
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US

BY_HOUR = (1, 1, 1, 1, 1, 2, 3, 5, 8, 10, 11, 11, 9, 10, 11, 10, 9, 7, 5, 4, 3, 2, 2, 1)
"""How busy each hour of a day (UTC) is."""

WEEKEND = 0.3

ROUTES = {"claude": "anthropic.chat", "embeddings": "openai.embeddings"}

ENDS: dict[Outcome, int] = {"ok": 955, "error": 15, "refused": 12, "client_gone": 10, "truncated": 8}
"""Of a thousand requests, how many end so."""


def write(data_dir: Path, catalog: Catalog, callers: list[KeyRow], now_us: int, dice: random.Random) -> int:
    """Put the past into the journal; how many requests that were."""
    journal = FileJournal(data_dir, secrets.token_hex(8), Options(reserve_bytes=65_536))
    written = 0
    try:
        for admission, settlement in requests(catalog, callers, now_us, dice):
            if admission is not None:
                journal.admitted(admission)
            journal.settled(settlement)
            written += 1
    finally:
        journal.close()
    return written


def requests(catalog: Catalog, callers: list[KeyRow], now_us: int, dice: random.Random) -> Iterator[tuple[Admitted | None, Settled]]:
    """Every request of the last days but the last half hour, oldest first."""
    new_id = request_ids(dice.getrandbits(40))
    for at_us in moments(now_us, dice):
        yield one(new_id(at_us), at_us, catalog, dice.choice(callers), dice)


def moments(now_us: int, dice: random.Random) -> list[int]:
    end_us = now_us - HOUR_US // 2
    found: list[int] = []
    for hour_us in range(now_us - DAYS * DAY_US - now_us % HOUR_US, end_us, HOUR_US):
        weekend = hour_us // DAY_US % 7 in (2, 3)  # the epoch began on a Thursday
        busy = BY_HOUR[hour_us // HOUR_US % 24] * (WEEKEND if weekend else 1)
        found += [hour_us + dice.randrange(HOUR_US) for _ in range(round(busy * dice.uniform(0.6, 1.4)))]
    return sorted(at_us for at_us in found if at_us < end_us)


def one(id: str, at_us: int, catalog: Catalog, key: KeyRow, dice: random.Random) -> tuple[Admitted | None, Settled]:
    """One request of a key, as the gateway would have written it."""
    alias = dice.choice(sorted(key.models or catalog.models))
    outcome = dice.choices(list(ENDS), list(ENDS.values()))[0]
    route = ROUTES.get(alias, "openai.chat")
    if outcome == "refused":
        took_us = dice.randrange(150, 600)
        refused = Settled(id, at_us, route, outcome, 404, "model_not_found", key.id, key.team_id, "gpt-5", total_us=took_us)
        return None, refused
    candidates = list(catalog.models[alias].deployments)
    dice.shuffle(candidates)
    usage = used(alias, outcome, dice)
    attempts = tried(candidates, outcome, usage, dice)
    first = candidates[0]
    prompt = Usage(input=usage.prompt)
    admitted = Admitted(
        id=id,
        at_us=at_us,
        route=route,
        key_id=key.id,
        team_id=key.team_id,
        alias=alias,
        deployment=first.name,
        provider=first.provider.name,
        model=first.model,
        stream=alias != "embeddings" and dice.random() < 0.6,
        estimate=prompt,
        estimate_nano=cost(first, prompt),
        price_version=None if first.price is None else first.price.version,
    )
    last = next(each for each in candidates if each.name == attempts[-1].deployment)
    return admitted, settled(admitted, outcome, usage, last, attempts)


def settled(admitted: Admitted, outcome: Outcome, usage: Usage, deployment: Deployment, attempts: tuple[Attempt, ...]) -> Settled:
    """How an admitted request ended, at the deployment that was tried last."""
    last = attempts[-1]
    waited_us = (last.ended_us - last.started_us) // 4
    failed = outcome == "error"
    source: UsageSource = "provider" if outcome == "ok" else "none" if failed else "estimated"
    return Settled(
        id=admitted.id,
        at_us=admitted.at_us,
        route=admitted.route,
        outcome=outcome,
        status_code=last.status_code,
        error="cancelled" if outcome == "client_gone" else last.error,
        key_id=admitted.key_id,
        team_id=admitted.team_id,
        alias=admitted.alias,
        deployment=deployment.name,
        provider=deployment.provider.name,
        model=deployment.model,
        stream=admitted.stream,
        queue_us=last.started_us + 90,
        upstream_first_byte_us=last.started_us + waited_us,
        first_content_us=last.started_us + waited_us + 900 if admitted.stream and not failed else None,
        total_us=last.ended_us + 120,
        usage=Usage() if failed else usage,
        usage_source=source,
        cost_nano=0 if failed else cost(deployment, usage),
        price_version=admitted.price_version,
        attempts=attempts,
    )


def used(alias: str, outcome: Outcome, dice: random.Random) -> Usage:
    """What such a request uses; long prompts are mostly read from the provider's cache."""
    prompt = int(dice.lognormvariate(7.2, 0.9)) + 20
    if alias == "embeddings":
        return Usage(input=prompt)
    cached = int(prompt * dice.uniform(0.5, 0.9)) if prompt > 1_024 and dice.random() < 0.6 else 0
    output = int(dice.lognormvariate(5.3, 0.8)) + 5
    return Usage(input=prompt - cached, cache_read=cached, output=output if outcome == "ok" else output // 3)


def tried(candidates: list[Deployment], outcome: Outcome, usage: Usage, dice: random.Random) -> tuple[Attempt, ...]:
    """The attempts: now and then the first one fails, and where the request failed all did."""
    found: list[Attempt] = []
    at_us = dice.randrange(120, 400)
    failures = 3 if outcome == "error" else int(dice.random() < 0.03)
    for number in range(failures):
        deployment = candidates[number % len(candidates)]
        end_us = at_us + dice.randrange(20_000, 90_000)
        status, code = dice.choice(((503, "upstream_overloaded"), (429, "upstream_rate_limited"), (500, "upstream_error")))
        found.append(Attempt(deployment.name, deployment.provider.name, deployment.model, at_us, end_us, status, code))
        at_us = end_us + dice.randrange(1_000, 120_000)
    if outcome != "error":
        deployment = candidates[failures % len(candidates)]
        length_us = int(dice.uniform(180_000, 500_000)) + usage.output * dice.randrange(5_000, 11_000)
        error = "upstream_truncated" if outcome == "truncated" else None
        found.append(Attempt(deployment.name, deployment.provider.name, deployment.model, at_us, at_us + length_us, 200, error))
    return tuple(found)


def cost(deployment: Deployment, usage: Usage) -> int | None:
    return None if deployment.price is None else deployment.price.cost_nano(usage)
