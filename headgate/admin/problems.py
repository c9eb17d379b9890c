"""Errors of the admin side: problem+json for programs, a page for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from headgate.admin.html import Templates
from headgate.core.errors import HeadgateError, Kind

API = "/admin/api"

STATUSES: Mapping[Kind, int] = {
    "bad_request": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_large": 413,
    "unavailable": 503,
}

TO_DO = {
    404: "There is nothing here. Look at the address, or begin at the overview.",
    405: "This address does not take this method.",
    500: "This is a fault in Headgate; its log says why.",
}


class Problems:
    """Handlers for everything that can be raised."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def refused(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HeadgateError)
        return self._answer(request, STATUSES.get(error.kind, 500), error.code, error.message, error.param)

    def http(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = HTTPStatus(error.status_code).name.lower()
        return self._answer(request, error.status_code, code, TO_DO.get(error.status_code, str(error.detail)))

    def invalid(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        first = error.errors()[0]
        name = str(first["loc"][-1])
        return self._answer(request, 400, "invalid_value", f"{name}: {first['msg'][:1].lower()}{first['msg'][1:]}.", name)

    def fault(self, request: Request, _: Exception) -> Response:
        return self._answer(request, 500, "internal_error", TO_DO[500])

    def signed_out(self, _request: Request, _error: Exception) -> Response:
        return RedirectResponse("/", status_code=303)

    def _answer(self, request: Request, status: int, code: str, detail: str, param: str | None = None) -> Response:
        title = HTTPStatus(status).phrase
        path = request.url.path
        if path != API and not path.startswith(f"{API}/"):
            return self._templates.page("problem.html", status, title=title, status=status, detail=detail)
        body = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}
        if param is not None:
            body["param"] = param
        headers = {"www-authenticate": 'Bearer realm="headgate"'} if status == 401 else None
        return Response(json.dumps(body), status, headers, "application/problem+json")
