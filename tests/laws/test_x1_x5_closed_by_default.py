"""X5, X1: nothing is served without a key: not on any route, not by any spelling of one, and not where there is none."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Generator

import pytest
from hypothesis import strategies as st

from headgate.core.route import Route
from headgate.front import routes
from tests.support.client import ask
from tests.support.inside import KEY, Inside, inside
from tests.support.outside import Outside, outside
from tests.support.properties import for_all
from tests.support.sim_client import CHAT, MESSAGES

BODIES = {"chat": CHAT | {"model": "gpt"}, "count_tokens": MESSAGES, "embeddings": {"model": "embed", "input": "x"}, "models": None}
HEADS = ("authorization", "x-api-key", "api-key", "x-goog-api-key")
BAD_KEYS = (
    "",
    "hg-",
    "hg-tester000000-",
    "hg-tester000000-wrong",
    "hg--",
    "sk-1",
    KEY[:-1],
    KEY + "x",
    KEY.upper(),
    "hg-nobody-x",
    f"{KEY},{KEY}",
)

ROUTE = pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: f"{route.method} {route.path} {route.surface}")


def path_of(route: Route) -> str:
    return route.path.replace("{id}", "gpt")


def needs(route: Route) -> dict[str, str]:
    return {} if route.needs is None else {route.needs.decode(): "2023-06-01"}


@ROUTE
async def test_a_route_is_closed_without_a_good_key_and_calls_nobody(route: Route) -> None:
    assert route.admission == "key"
    async with inside() as running:
        for name in HEADS:
            for bad in BAD_KEYS:
                value = f"Bearer {bad}" if name == "authorization" else bad
                answer = await ask(running.url, path_of(route), BODIES[route.operation], headers={**needs(route), name: value})
                assert answer.status == 401, (name, bad)
        assert (await ask(running.url, path_of(route), BODIES[route.operation], headers=needs(route))).status == 401
        for scheme in ("Basic", "Digest", "bearer:", KEY):
            headers = {**needs(route), "authorization": f"{scheme} {KEY}"}
            assert (await ask(running.url, path_of(route), BODIES[route.operation], headers=headers)).status == 401
        two = f"Bearer {KEY}\r\nauthorization: Bearer {KEY}"
        assert (
            await ask(running.url, path_of(route), BODIES[route.operation], headers={**needs(route), "authorization": two})
        ).status == 401
        assert running.simulator.requests == [] and running.admissions == []
        assert {(row.outcome, row.status_code, row.key_id) for row in running.rows} == {("refused", 401, None)}


@ROUTE
async def test_every_route_opens_with_a_good_key_in_any_of_its_headers(route: Route) -> None:
    async with inside() as running:
        for name in HEADS:
            value = f"Bearer {KEY}" if name == "authorization" else KEY
            body = BODIES[route.operation]
            if body is not None and route.surface == "anthropic":
                body = {**MESSAGES, "model": "claude"}
            answer = await ask(running.url, path_of(route), body, headers={**needs(route), name: value})
            assert answer.status == 200, (name, answer.body)


METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND", "get", "CONNECT"])
PATHS = st.sampled_from(sorted({path_of(route) for route in routes.ROUTES}))
HOSTS = st.sampled_from(["gateway", "127.0.0.1", "localhost:1", "evil.example", "[::1]", "gateway:80", "", "a b", "gateway\r\nhost: other"])
EXTRA = st.sampled_from(
    [
        "",
        "x-forwarded-for: 127.0.0.1",
        "x-original-url: /health/live",
        "x-rewrite-url: /health/live",
        "x-http-method-override: GET",
        "authorization: Bearer hg-tester000000-wrong",
        "authorization:",
        "x-api-key: hg-tester000000-wrong\r\nx-api-key: hg-tester000000-worse",
        "anthropic-version: 2023-06-01",
        "connection: authorization",
        "x-headgate-user: admin",
        "cookie: headgate_session=admin",
    ]
)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A route's path as somebody might write it who looks for a way around."""
    path = draw(PATHS)
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(path)))
        path = draw(
            st.sampled_from(
                [
                    path[:place]
                    + draw(st.sampled_from(["/", "//", "/./", "/../", "%2f", "%2F", "\\", ";", ";x=y", "%00", ".", "%2e", " "]))
                    + path[place:],
                    path[:place] + "".join(f"%{byte:02x}" for byte in path[place : place + 1].encode()) + path[place + 1 :],
                    path.swapcase(),
                    "/" + path,
                    path + draw(st.sampled_from(["/", "?", "?key=" + KEY, "?api_key=" + KEY, "#x", "/..", "%20"])),
                    "http://gateway" + path,
                    "/health/live/.." + path,
                    "/static/../" + path.lstrip("/"),
                ]
            )
        )
    return path


async def statuses(running: Inside, raw: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 ([0-9]{3})", await running.served.exchange(raw))]


async def test_no_spelling_of_host_path_method_or_header_opens_a_route() -> None:
    async with inside() as running:

        async def closed(example: tuple[str, str, str, str]) -> None:
            method, path, host, extra = example
            lines = [f"{method} {path} HTTP/1.1", f"host: {host}", "content-length: 2", "connection: close", *([extra] if extra else [])]
            answer = await running.served.exchange("\r\n".join([*lines, "", "{}"]).encode())
            found = re.match(rb"HTTP/1\.1 ([0-9]{3})", answer)
            # What is not a route goes to the ASGI app, which in this harness answers with its own name and nothing else.
            assert found is None or int(found[1]) in (400, 401, 404, 405, 501, 505) or b"\r\n\r\nasgi /" in answer or method == "HEAD", (
                answer
            )
            assert b"chat.completion" not in answer and b'"object":"list"' not in answer

        await for_all(st.tuples(METHODS, spellings(), HOSTS, EXTRA), closed, 300)
        assert running.simulator.requests == [] and running.admissions == []
        assert all(row.outcome == "refused" for row in running.rows)


async def test_a_good_key_in_the_query_is_no_key() -> None:
    async with inside() as running:
        for name in ("key", "api_key", "api-key", "access_token", "authorization"):
            assert (await ask(running.url, f"/v1/models?{name}={KEY}", None)).status == 401


async def test_a_request_behind_an_authorised_one_is_authorised_for_itself() -> None:
    async with inside() as running:
        good = f"GET /v1/models HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {KEY}\r\n\r\n".encode()
        bare = b"GET /v1/models HTTP/1.1\r\nhost: g\r\n\r\n"
        last = b"GET /v1/models HTTP/1.1\r\nhost: g\r\nconnection: close\r\n\r\n"
        assert await statuses(running, good + bare + good + last) == [200, 401, 200, 401]


# The whole server, console and admin API included.


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Generator[Outside]:
    with outside(tmp_path_factory.mktemp("x5")) as running:
        yield running


OPEN = {"/health/live", "/health/ready"}
ELSEWHERE = (
    *(
        "/",
        "/admin",
        "/admin/api",
        "/admin/api/keys",
        "/admin/api/records",
        "/admin/api/openapi.json",
        "/metrics",
        "/docs",
        "/openapi.json",
    ),
    *(
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v1/chat",
        "/v2/models",
        "/health",
        "/.env",
        "/static/../app.py",
        "/static/%2e%2e/app.py",
        "/..%2f..%2fetc/passwd",
    ),
)


async def test_nothing_else_on_the_server_is_open_but_health_and_the_sign_in(gateway: Outside) -> None:
    for path in OPEN:
        assert (await ask(gateway.url, path, None)).status == 200
    for path in ELSEWHERE:
        for body in (None, b"{}"):
            answer = await ask(gateway.url, path, body)
            assert answer.status in (303, 307, 401, 403, 404, 405, 422) or sign_in(answer.body), (path, answer.status, answer.body[:200])


def sign_in(body: bytes) -> bool:
    return b"<title>Sign in" in body and b"key" in body


async def test_a_callers_key_opens_no_admin_route(gateway: Outside) -> None:
    key = gateway.new_key(f"caller {random.random()}")
    async with asyncio.timeout(5):
        while (await ask(gateway.url, "/v1/models", None, key=key)).status != 200:
            await asyncio.sleep(0.05)
    for path in ("/admin/api/keys", "/admin/api/records", "/admin/api/usage", "/admin/api/openapi.json"):
        assert (await ask(gateway.url, path, None, key=key)).status in (401, 403, 404), path
