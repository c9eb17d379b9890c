"""What every provider that is called over HTTP can be told, and what follows from it."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from headgate.core import ports

NO_KEY = "none"
PORTS = {"http": 80, "https": 443}
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
HOST = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?")
VISIBLE = re.compile(r"[!-~]+")
FIELD_VALUE = re.compile(r"[!-~](?:[\t -~]*[!-~])?")
PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@%-]*)*")
FRAMING = frozenset(
    (
        *("host", "content-length", "transfer-encoding", "te", "trailer", "expect", "accept-encoding"),
        *("connection", "keep-alive", "upgrade", "proxy-authorization"),
    )
)
"""Headers that the gateway itself writes."""

Milliseconds = Annotated[int, Field(gt=0, le=86_400_000)]
UNSAID = ports.Deadlines()


class Strict(BaseModel):
    """Unknown names are errors, nothing is converted, nothing changes."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True)


class Deadlines(Strict):
    """How long each phase of a call to the provider may last. All are finite."""

    connect_ms: Milliseconds = UNSAID.connect_ms
    """From the first try to connect to a connection that is ready, TLS included."""
    first_byte_ms: Milliseconds = UNSAID.first_byte_ms
    """From the request sent to the first byte of the answer."""
    first_content_ms: Milliseconds = UNSAID.first_content_ms
    """From the request sent to the first content of a stream."""
    between_chunks_ms: Milliseconds = UNSAID.between_chunks_ms
    """The longest silence inside an answer."""
    total_ms: Milliseconds = UNSAID.total_ms
    """The whole call."""


class Http(Strict):
    """Options of every kind that is called over HTTP."""

    allow_private: bool = False
    """Whether it may be at a loopback, private or link-local address."""
    base_url: str
    """Where its API begins."""
    api_key: SecretStr
    """The gateway's credential there. Write ${NAME} to take it from the environment, or none where the server wants none."""
    proxy: Annotated[str | None, Field(repr=False)] = None
    """An HTTP proxy to go through, for example http://proxy.example:3128."""
    ca_file: str | None = None
    """PEM file of certificate authorities to trust instead of the system's; relative to the configuration file."""
    headers: dict[str, SecretStr] = {}
    """Headers added to every request to it; they replace the client's of the same name."""
    deadlines: Deadlines = Deadlines()
    """How long each phase of a call to it may last."""
    price_list: str
    """The price list its models are looked up in; none for no prices. Where unset, the list that belongs to the host of base_url,
    else the kind's own."""

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str, info: ValidationInfo) -> str:
        parts = _address(value, tuple(PORTS))
        if parts.username is not None or parts.password is not None:
            raise ValueError("holds a credential; put it in api_key")
        if parts.query or parts.fragment or "?" in value or "#" in value:
            raise ValueError("must end with the path, without ? or #")
        if not PATH.fullmatch(parts.path):
            raise ValueError("has a path with characters that must be percent-encoded")
        if not info.data.get("allow_private", True) and is_private(parts.hostname or ""):
            raise ValueError(f'{parts.hostname} is a private address; if that is meant, add "allow_private: true" to this provider')
        return value

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        if value is not None and _address(value, ("http",)).path not in {"", "/"}:
            raise ValueError("must be scheme, host and port only, for example http://proxy.example:3128")
        return value

    @field_validator("api_key")
    @classmethod
    def _api_key(cls, value: SecretStr) -> SecretStr:
        if not VISIBLE.fullmatch(value.get_secret_value()):
            raise ValueError('is empty or holds spaces, line breaks or other characters that no key has; "none" means no key')
        return value

    @field_validator("ca_file")
    @classmethod
    def _ca_file(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None:
            return None
        context: Any = info.context or {}
        path = Path(context.get("folder", ".")) / value
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
        return str(path)

    @field_validator("headers")
    @classmethod
    def _headers(cls, value: dict[str, SecretStr]) -> dict[str, SecretStr]:
        for name, secret in value.items():
            if not TOKEN.fullmatch(name):
                raise ValueError(f'"{name}" is not a header name')
            if name.lower() in FRAMING:
                raise ValueError(f'"{name}" is written by the gateway itself and cannot be set')
            if not FIELD_VALUE.fullmatch(secret.get_secret_value()):
                raise ValueError(f'the value of "{name}" is empty or holds characters that a header cannot carry')
        if len({name.lower() for name in value}) < len(value):
            raise ValueError("two names differ only in upper and lower case")
        return value


def _address(value: str, schemes: tuple[str, ...]) -> SplitResult:
    """The parts of a URL. Raises ValueError with what is wrong with it."""
    wanted = " or ".join(f"{scheme}://" for scheme in schemes)
    if not VISIBLE.fullmatch(value):
        raise ValueError("holds spaces or characters that a URL cannot have")
    parts = urlsplit(value)
    if parts.scheme not in schemes:
        raise ValueError(f"must begin with {wanted}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        raise ValueError("has a port that is not a number from 1 to 65535") from None
    if port == 0:
        raise ValueError("has a port that is not a number from 1 to 65535")
    if not host or not (HOST.fullmatch(host) or _ip(host)):
        raise ValueError(f"has no valid host after {wanted}")
    return parts


def _ip(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def is_private(host: str) -> bool:
    """Whether `host` is by its spelling not on the public internet. What a name resolves to is checked when it is called."""
    name = host.rstrip(".").lower()
    if address := _ip(name):
        return not address.is_global
    return name == "localhost" or name.endswith(".localhost")


def key_of(options: Http) -> str | None:
    """The credential, or None where the server wants none."""
    key = options.api_key.get_secret_value()
    return None if key == NO_KEY else key


def origin(options: Http) -> ports.Origin:
    parts = urlsplit(options.base_url)
    return ports.Origin(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or PORTS[parts.scheme],
        allow_private=options.allow_private,
        proxy=options.proxy,
        ca_file=options.ca_file,
    )


def path(options: Http) -> str:
    """The path of base_url, without a slash at its end."""
    return urlsplit(options.base_url).path.rstrip("/")


def host_of(url: str) -> str | None:
    return urlsplit(url).hostname


def always(options: Http, *headers: tuple[str, str | None]) -> tuple[tuple[bytes, bytes], ...]:
    """Headers for every request: those of the kind that have a value, and the configured ones, which win."""
    named = {name: value for name, value in headers if value is not None}
    named |= {name.lower(): value.get_secret_value() for name, value in options.headers.items()}
    return tuple((name.encode("ascii"), value.encode("ascii")) for name, value in named.items())


def deadlines(options: Http) -> ports.Deadlines:
    return ports.Deadlines(**options.deadlines.model_dump())
