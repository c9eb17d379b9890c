"""OpenAI, and every server that speaks its API at another base URL."""

from __future__ import annotations

from pydantic import field_validator

from headgate.core.ports import Provider
from headgate.providers import _http

URL = "https://api.openai.com/v1"


class Options(_http.Http):
    base_url: str = URL
    """Where its API begins, with or without a slash at the end; default_path is added where there is no path."""
    default_path: str = "/v1"
    """The path for a base_url without one. Write "" for a server that answers at its root."""
    price_list: str = "openai"
    """The price list its models are looked up in; none for no prices. Where unset, the list that belongs to the host of base_url,
    else openai."""
    organization: str | None = None
    """Sent as openai-organization; where unset, the client's own header passes."""
    project: str | None = None
    """Sent as openai-project; where unset, the client's own header passes."""
    stream_usage: bool = True
    """Whether to ask for usage in streams. Switch it off for servers that refuse stream_options."""

    @field_validator("default_path")
    @classmethod
    def _default_path(cls, value: str) -> str:
        if value and not (value.startswith("/") and _http.PATH.fullmatch(value)):
            raise ValueError('must begin with a slash, or be ""')
        return value.rstrip("/")

    @field_validator("organization", "project")
    @classmethod
    def _header_value(cls, value: str | None) -> str | None:
        if value is not None and not _http.VISIBLE.fullmatch(value):
            raise ValueError("is empty or holds characters that an id does not have")
        return value


def build(options: Options) -> Provider:
    base = _http.path(options) or options.default_path
    key = _http.key_of(options)
    return Provider(
        name="openai",
        kind="openai",
        origin=_http.origin(options),
        paths={"openai_chat": f"{base}/chat/completions", "openai_embeddings": f"{base}/embeddings"},
        authorize=_http.always(
            options,
            ("authorization", key and f"Bearer {key}"),
            ("openai-organization", options.organization),
            ("openai-project", options.project),
        ),
        deadlines=_http.deadlines(options),
        stream_usage=_stream_usage(options),
    )


def _stream_usage(options: Options) -> dict[str, bool]:
    if not options.stream_usage:
        return {}
    if _http.host_of(options.base_url) == _http.host_of(URL):
        # Padding against eavesdroppers on the way to a browser is only weight between two servers. Others may refuse the field.
        return {"include_usage": True, "include_obfuscation": False}
    return {"include_usage": True}
