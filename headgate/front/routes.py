"""The one table of what is served on the data plane. Everything else goes to the ASGI app."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from headgate.core.ports import Codec
from headgate.core.route import Route
from headgate.wire import anthropic, models, openai_chat, openai_embeddings

ANTHROPIC_VERSION = b"anthropic-version"

ROUTES: tuple[Route, ...] = (
    Route("POST", "/v1/chat/completions", "openai", "chat", openai_chat.CODEC, None, "key", "both", "record", None),
    Route("POST", "/v1/embeddings", "openai", "embeddings", openai_embeddings.CODEC, None, "key", "input", "record", None),
    Route("POST", "/v1/messages", "anthropic", "chat", anthropic.CODEC, None, "key", "both", "record", None),
    Route("POST", "/v1/messages/count_tokens", "anthropic", "count_tokens", anthropic.COUNT_TOKENS, None, "key", "none", "record", None),
    Route("GET", "/v1/models", "anthropic", "models", anthropic.CODEC, models.write_anthropic, "key", "none", "record", ANTHROPIC_VERSION),
    Route("GET", "/v1/models", "openai", "models", openai_chat.CODEC, models.write_openai, "key", "none", "record", None),
    Route(
        "GET", "/v1/models/{id}", "anthropic", "models", anthropic.CODEC, models.write_anthropic, "key", "none", "record", ANTHROPIC_VERSION
    ),
    Route("GET", "/v1/models/{id}", "openai", "models", openai_chat.CODEC, models.write_openai, "key", "none", "record", None),
)

INFERENCE_PREFIXES = (b"/v1/",)
"""Paths under these are ours alone: what no route answers is refused in the caller's dialect, and never reaches the ASGI app."""


@dataclass(frozen=True, slots=True)
class Found:
    """The routes of one path, and the part of the path that they leave open."""

    routes: tuple[Route, ...]
    parameter: bytes


class Table:
    """Finds routes by the raw path: what is not spelled exactly as in the table is not a route."""

    def __init__(self, routes: Sequence[Route] = ROUTES) -> None:
        self._exact: dict[bytes, Found] = {}
        self._open: dict[bytes, Found] = {}
        for route in routes:
            prefix, brace, _ = route.path.partition("{")
            paths = self._open if brace else self._exact
            known = paths[prefix.encode()].routes if prefix.encode() in paths else ()
            paths[prefix.encode()] = Found((*known, route), b"")

    def find(self, path: bytes) -> Found | None:
        found = self._exact.get(path)
        if found is None:
            for prefix, below in self._open.items():
                if path.startswith(prefix) and len(path) > len(prefix):
                    return Found(below.routes, path[len(prefix) :])
        return found


def choose(routes: Sequence[Route], method: str, names: dict[bytes, bytes]) -> Route | None:
    """The route for this method and these headers; None where the path has none for the method."""
    for route in routes:
        if route.method == method and (route.needs is None or route.needs in names):
            return route
    return None


def dialect(names: dict[bytes, bytes]) -> Codec:
    """The format to refuse in, where no route says which: Anthropic clients always send their version header."""
    return anthropic.CODEC if ANTHROPIC_VERSION in names else openai_chat.CODEC
