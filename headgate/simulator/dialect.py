"""What differs between providers beside their answers: errors, headers, model lists. One value for each, in its own file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

ID_SLOT = b"0sim0request0id0here0024"
"""Stands where the request's own id goes, until there is one; as long as an id."""


class Known(NamedTuple):
    """What a provider usually says with a status."""

    type: str
    code: str | None
    message: str
    retry_after_s: int | None = None
    """Where it usually says when to come back."""


class Refused(Exception):
    """The simulated provider does not take this request."""

    def __init__(self, status: int, message: str, *, code: str = "", param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param


Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one provider speaks."""

    name: str
    errors: Mapping[int, Known]
    error_body: Callable[[Known, Refused], bytes]
    retry_headers: Callable[[int, int | None], Pairs]
    """Status and seconds to wait → headers that tell whether and when to try again."""
    error_event: Callable[[str], bytes]
    """How a stream that has begun says that it failed, with this code."""
    unknown_event: bytes
    """An event that no client knows yet."""
    headers: Callable[[int], Pairs]
    """Those of every answer, at a wall-clock second."""
    listed: Callable[[], bytes]
    """The body of `GET /v1/models`."""
    shown: Callable[[str], bytes]
    """The body of `GET /v1/models/{id}`. Raises Refused."""
    unknown_route: Callable[[str, str], Refused]
    """Method and path → what is said about them."""
    wrong_shape: Callable[[str, str], Refused]
    """Missing member or empty, path of the wrong one or empty → what is said about the body."""
    not_json: str
    no_key: str
    wrong_key: str
    needed_headers: tuple[str, ...] = ()

    def known(self, status: int) -> Known:
        return self.errors.get(status) or self.errors[400 if status < 500 else 500]
