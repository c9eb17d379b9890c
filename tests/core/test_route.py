"""One way into the data plane."""

from __future__ import annotations

from dataclasses import MISSING, fields

from headgate.core.route import Route
from headgate.wire import openai_chat


def test_whoever_adds_a_route_says_how_it_is_governed() -> None:
    assert all(field.default is MISSING and field.default_factory is MISSING for field in fields(Route))


def test_a_route_is_named_for_its_surface_and_operation() -> None:
    route = Route("POST", "/v1/x", "openai", "chat", openai_chat.CODEC, None, "key", "both", "record", None)
    assert route.name == "openai.chat"
