"""The admin API: what the console shows, as JSON, for an admin key."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from headgate import __version__
from headgate.admin.gate import Gate
from headgate.admin.problems import API
from headgate.control import costs, keys, moments, records, selection, teams, usage, views
from headgate.control.selection import Selection
from headgate.core.money import dollars
from headgate.core.ports import Catalog, Clock
from headgate.core.stores import Dimension, Stores


class Api:
    """Its methods are plain functions, which FastAPI runs in threads: they read the store."""

    def __init__(self, stores: Stores, clock: Clock, catalog: Catalog) -> None:
        self._stores = stores
        self._clock = clock
        self._catalog = catalog

    def router(self, gate: Gate) -> APIRouter:
        """All routes. The gate stands before the router, so that none can be added beside it."""
        router = APIRouter(prefix=API, dependencies=[Depends(gate.api)])
        table: tuple[tuple[str, Callable[..., Response], str], ...] = (
            ("/health", self.health, "Whether the store answers"),
            ("/records", self.records, "The latest requests, newest first"),
            ("/records/{id}", self.record, "One request, with why it went where it went and what it cost"),
            ("/usage", self.usage, "What was used and what it cost"),
            ("/keys", self.keys, "All virtual keys"),
            ("/teams", self.teams, "All teams"),
            ("/models", self.models, "The aliases, who answers, and at what price"),
        )
        for path, endpoint, summary in table:
            router.add_api_route(path, endpoint, methods=["GET"], summary=summary, response_class=Response)
        return router

    def health(self) -> Response:
        return answer({"status": "ok", "version": __version__, "access_version": self._stores.keys.version()})

    def records(
        self,
        selected: Selection = Depends(),  # noqa: B008 - how FastAPI is told to read the query's parameters into it
        limit: int = 100,
        before: str | None = None,
    ) -> Response:
        wanted = selection.wanted(self._stores, selected, self._now_ms())
        page = records.page(self._stores, wanted, limit, before)
        return answer({"records": [views.record(record) for record in page.records], "next": page.next})

    def record(self, id: str) -> Response:
        found = records.explain(self._stores, id)
        return answer(views.explained(found, costs.price_of(self._catalog, found)))

    def usage(self, by: Dimension, since: str | None = None, until: str | None = None) -> Response:
        since_ms = 0 if since is None else moments.past_ms(since, self._now_ms(), "since")
        until_ms = usage.FOR_EVER_MS if until is None else moments.past_ms(until, self._now_ms(), "until")
        rows = usage.by(self._stores, by, since_ms, until_ms)
        total = sum(row.cost_nano for row in rows)
        return answer({"by": by, "usage": [views.usage(row) for row in rows], "cost_nano": total, "cost_usd": dollars(total)})

    def keys(self) -> Response:
        now_ms = self._now_ms()
        return answer({"keys": [views.key(row, now_ms) for row in keys.every(self._stores)]})

    def teams(self) -> Response:
        return answer({"teams": [views.team(row) for row in teams.every(self._stores)]})

    def models(self) -> Response:
        return answer({"models": views.models(self._catalog)})

    def _now_ms(self) -> int:
        return self._clock.now_us() // 1000


def answer(value: Any) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), media_type="application/json")
