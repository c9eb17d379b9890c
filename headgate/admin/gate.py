"""The one way into everything that is behind a sign-in, and the cookies it uses."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response

from headgate.admin.session import LIFE_MS, Administrators, Session, Sessions
from headgate.core.errors import CallerError, Unauthenticated

SESSION_COOKIE = "headgate_session"
FORM_COOKIE = "headgate_form"

FORM_BYTES = 16_384


class SignedOut(Exception):
    """A page was asked for without a session: show where to sign in."""


class FormRefused(CallerError):
    kind, code = "forbidden", "form_token_wrong"

    def __init__(self) -> None:
        super().__init__("This form is out of date, or came from another site. Go back, reload the page and try again.")


class FormTooLarge(CallerError):
    kind, code = "too_large", "form_too_large"


class Gate:
    """Dependencies for routes: they end a request that may not go on. FastAPI runs them in a thread, because they read the store."""

    def __init__(self, administrators: Administrators, sessions: Sessions) -> None:
        self.administrators = administrators
        self.sessions = sessions

    def session(self, request: Request) -> Session | None:
        """The session of the request's cookie, if its key is still good."""
        token = request.cookies.get(SESSION_COOKIE)
        session = self.sessions.find(token)
        if session is not None and not self.administrators.holds(session):
            self.sessions.end(token)
            return None
        return session

    def page(self, request: Request) -> None:
        """Pages need a session, and find it in the request's state. Raises SignedOut."""
        session = self.session(request)
        if session is None:
            raise SignedOut
        request.state.session = session

    def api(self, request: Request) -> None:
        """The API takes an admin key as bearer, or the session of the console. Raises Unauthenticated, NotAdmin."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            self.administrators.key(credential)
        elif scheme or self.session(request) is None:
            raise Unauthenticated("The admin API needs an admin key: send it as `authorization: Bearer hg-<id>-<secret>`.")


def give_session(response: Response, request: Request, token: str) -> None:
    _give(response, request, SESSION_COOKIE, token, LIFE_MS // 1000)


def give_form(response: Response, request: Request, token: str) -> None:
    _give(response, request, FORM_COOKIE, token, None)


def take_session(response: Response) -> None:
    response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="strict")


def _give(response: Response, request: Request, name: str, token: str, max_age_s: int | None) -> None:
    secure = request.url.scheme == "https"
    response.set_cookie(name, token, max_age=max_age_s, path="/", httponly=True, samesite="strict", secure=secure)


async def form(request: Request) -> bytes:
    """The body of a form. Raises FormTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES:
            raise FormTooLarge(f"The form is larger than {FORM_BYTES} bytes.")
    return bytes(body)
