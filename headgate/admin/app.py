"""The admin app: console and admin API as one ASGI app, closed but for the sign-in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Scope

from headgate import __version__
from headgate.admin.api import Api
from headgate.admin.gate import Gate, SignedOut
from headgate.admin.html import Templates
from headgate.admin.pages import Pages
from headgate.admin.problems import API, Problems
from headgate.admin.session import Administrators, Sessions
from headgate.config import catalog, prices
from headgate.config.schema import Settings
from headgate.core.errors import HeadgateError
from headgate.core.ports import Clock
from headgate.core.stores import Stores

STATIC = Path(__file__).parent / "static"

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
"""No script runs, whatever gets into a page."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def load(stores: Stores, clock: Clock, settings: Settings) -> FastAPI:
    """The app, ready to answer. Takes its time: call it in a thread.

    It has answered its first requests already, in a loop of its own, because frameworks import and build much when those come, and that
    must not hold up the loop which everybody's requests are in (O3).
    """
    app = build(stores, clock, settings)
    asyncio.run(_visit(app, ("/", "/static/console.css")))
    return app


def build(stores: Stores, clock: Clock, settings: Settings) -> FastAPI:
    """The app. It only reads the store."""
    known = catalog.build(settings, prices.load())
    gate = Gate(Administrators(stores, clock), Sessions(clock))
    app = FastAPI(title="Headgate admin API", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(Api(stores, clock, known).router(gate))
    pages = Pages(stores, clock, known, gate)
    app.include_router(pages.open_router())
    app.include_router(pages.router())
    app.mount("/static", StaticFiles(directory=STATIC))

    def openapi() -> Response:
        return JSONResponse(app.openapi())

    app.add_api_route(f"{API}/openapi.json", openapi, include_in_schema=False, dependencies=[Depends(gate.api)])
    _handle_errors(app)
    app.middleware("http")(_protect)
    return app


async def _visit(app: FastAPI, paths: Sequence[str]) -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        pass

    whole: Scope = {"type": "http", "http_version": "1.1", "method": "GET", "scheme": "http", "server": ("localhost", 80), "headers": []}
    for path in paths:
        await app({**whole, "path": path, "raw_path": path.encode(), "root_path": "", "query_string": b""}, receive, send)


def _handle_errors(app: FastAPI) -> None:
    problems = Problems(Templates())
    app.add_exception_handler(HeadgateError, problems.refused)
    app.add_exception_handler(HTTPException, problems.http)
    app.add_exception_handler(RequestValidationError, problems.invalid)
    app.add_exception_handler(SignedOut, problems.signed_out)
    app.add_exception_handler(Exception, problems.fault)


async def _protect(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await go_on(request)
    for name, value in HEADERS.items():
        response.headers[name] = value
    # Style sheets may be kept; what is behind the sign-in stays nowhere.
    response.headers["cache-control"] = "no-cache" if request.url.path.startswith("/static/") else "no-store"
    return response
