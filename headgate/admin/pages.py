"""The console's pages: what is in the store, for people, behind a sign-in."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from headgate.admin import gate, overview
from headgate.admin.gate import FormRefused, Gate
from headgate.admin.html import Templates
from headgate.admin.session import Session, same
from headgate.control import costs, keys, records, story, teams, timeline, views
from headgate.core.errors import CallerError
from headgate.core.ports import Catalog, Clock
from headgate.core.stores import Stores


class Pages:
    """Plain functions are run in threads by FastAPI: they read the store."""

    def __init__(self, stores: Stores, clock: Clock, catalog: Catalog, entrance: Gate) -> None:
        self._stores = stores
        self._clock = clock
        self._catalog = catalog
        self._gate = entrance
        self._templates = Templates()

    def open_router(self) -> APIRouter:
        """What there is without a session: the sign-in."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route("/", self.front, methods=["GET"])
        router.add_api_route("/sign-in", self.sign_in, methods=["POST"])
        return router

    def router(self) -> APIRouter:
        """What needs a session. The gate stands before the router, so that no page can be added beside it."""
        router = APIRouter(include_in_schema=False, dependencies=[Depends(self._gate.page)])
        router.add_api_route("/keys", self.keys, methods=["GET"])
        router.add_api_route("/models", self.models, methods=["GET"])
        router.add_api_route("/requests/{id}", self.request, methods=["GET"])
        router.add_api_route("/sign-out", self.sign_out, methods=["POST"])
        return router

    def front(self, request: Request, period: str = overview.DEFAULT_PERIOD) -> Response:
        """The overview, or the sign-in."""
        session = self._gate.session(request)
        if session is None:
            return self._sign_in_form(request, 200, None)
        now_us = self._clock.now_us()
        chosen = period if period in overview.PERIODS else overview.DEFAULT_PERIOD
        seen = overview.read(self._stores, now_us, chosen)
        url = str(request.base_url).rstrip("/")
        return self._page("overview.html", session, seen=seen, periods=overview.PERIODS, now_us=now_us, url=url)

    async def sign_in(self, request: Request) -> Response:
        """Exchange an admin key for a session."""
        fields = parse_qs((await gate.form(request)).decode("utf-8", "replace"))
        if not same(request.cookies.get(gate.FORM_COOKIE, ""), fields.get("csrf", [""])[0]):
            raise FormRefused
        try:
            key, digest = await run_in_threadpool(self._gate.administrators.key, fields.get("key", [""])[0])
        except CallerError as refusal:
            return self._sign_in_form(request, 401, refusal.message)
        response = RedirectResponse("/", status_code=303)
        gate.give_session(response, request, self._gate.sessions.begin(key, digest))
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        fields = parse_qs((await gate.form(request)).decode("utf-8", "replace"))
        session: Session = request.state.session
        if not same(session.csrf, fields.get("csrf", [""])[0]):
            raise FormRefused
        self._gate.sessions.end(request.cookies.get(gate.SESSION_COOKIE))
        response = RedirectResponse("/", status_code=303)
        gate.take_session(response)
        return response

    def keys(self, request: Request) -> Response:
        """All keys, to look at."""
        now_us = self._clock.now_us()
        rows = keys.every(self._stores)
        names = {team.id: team.name for team in teams.every(self._stores)}
        states = {row.id: views.state(row, now_us // 1000) for row in rows}
        return self._page("keys.html", request.state.session, rows=rows, team_names=names, states=states, now_us=now_us)

    def models(self, request: Request) -> Response:
        """The aliases, who answers, and at what price."""
        return self._page("models.html", request.state.session, models=list(self._catalog.models.values()))

    def request(self, request: Request, id: str) -> Response:
        """One request: why it went where it went, where its time went, what it cost."""
        record = records.explain(self._stores, id)
        spans = timeline.spans(record)
        key = next((row for row in keys.every(self._stores) if row.id == record.key_id), None)
        names = {team.id: team.name for team in teams.every(self._stores)}
        lines = costs.lines(record, costs.price_of(self._catalog, record))
        return self._page(
            "request.html",
            request.state.session,
            record=record,
            key=key,
            team=names.get(record.team_id or ""),
            told=story.told(record),
            counted=story.COUNTED[record.usage_source],
            spans=spans,
            whole_us=max(1, record.total_us, *(span.end_us for span in spans)),
            lines=lines,
        )

    def _page(self, name: str, session: Session, **values: Any) -> Response:
        return self._templates.page(name, here=name.removesuffix(".html"), csrf=session.csrf, **values)

    def _sign_in_form(self, request: Request, status: int, wrong: str | None) -> Response:
        token = request.cookies.get(gate.FORM_COOKIE) or secrets.token_urlsafe()
        response = self._templates.page("sign_in.html", status, form_token=token, wrong=wrong)
        gate.give_form(response, request, token)
        return response
