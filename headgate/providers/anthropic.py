"""Anthropic, and every server that speaks its Messages API at another base URL."""

from __future__ import annotations

from headgate.core.ports import Provider
from headgate.providers import _http

VERSION = (b"anthropic-version", b"2023-06-01")
"""The API refuses requests without a version; clients that name one keep theirs."""


class Options(_http.Http):
    base_url: str = "https://api.anthropic.com"
    """Where its API begins, with or without /v1 or a slash at the end."""
    price_list: str = "anthropic"
    """The price list its models are looked up in; none for no prices. Where unset, the list that belongs to the host of base_url,
    else anthropic."""


def build(options: Options) -> Provider:
    base = _http.path(options).removesuffix("/v1")
    always = _http.always(options, ("x-api-key", _http.key_of(options)))
    return Provider(
        name="anthropic",
        kind="anthropic",
        origin=_http.origin(options),
        paths={"anthropic_messages": f"{base}/v1/messages", "anthropic_count_tokens": f"{base}/v1/messages/count_tokens"},
        authorize=always,
        defaults=() if any(name == VERSION[0] for name, _ in always) else (VERSION,),
        deadlines=_http.deadlines(options),
    )
