"""What the pipeline needs from the outside, as shapes: clock, journal, client exchange, wire format, provider."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from msgspec import Struct

from headgate.core.errors import HeadgateError
from headgate.core.money import Price
from headgate.core.record import Admitted, Settled
from headgate.core.usage import Usage

Headers = list[tuple[bytes, bytes]]
"""Header names (lower case) and values, in the order they came."""


class Clock(Protocol):
    def now_us(self) -> int:
        """Microseconds since the epoch, UTC."""
        ...


class Journal(Protocol):
    """Append-only; when a call returns, the entry survives `kill -9`."""

    def admitted(self, entry: Admitted) -> None:
        """Raises JournalUnavailable when it cannot be written."""
        ...

    def settled(self, entry: Settled) -> None: ...


class Exchange(Protocol):
    """One client request and its answer. Writes never wait; `paused` says that the client reads too slowly."""

    headers: Headers
    query: bytes
    """The query string with its question mark; empty where there is none."""
    parameter: bytes
    """The part of the path that the route leaves open, as it came."""
    started: bool
    on_flow: Callable[[bool], None] | None
    """Called with True when the client stops reading and with False when it reads again."""

    @property
    def paused(self) -> bool: ...

    @property
    def gone(self) -> bool:
        """The client has left."""
        ...

    def header(self, name: bytes) -> bytes | None: ...

    def repeats(self, name: bytes) -> bool:
        """Whether a header was sent more than once."""
        ...

    async def body(self) -> bytes:
        """The whole decoded body. Raises BodyTooLarge, BodyTooSlow, UnsupportedEncoding."""
        ...

    def reply(self, status: int, headers: Headers, body: bytes) -> None:
        """Send a whole answer."""
        ...

    def start(self, status: int, headers: Headers) -> None:
        """Begin an answer of unknown length."""
        ...

    def write(self, data: bytes) -> None: ...

    def end(self) -> None:
        """Finish an answer that was started, with a clean ending of its framing."""
        ...

    def abort(self) -> None:
        """Break the connection off, so that the client sees the answer is not whole."""
        ...


class Request(Protocol):
    """What a wire format read from a request body, as far as the pipeline needs it."""

    @property
    def model(self) -> str: ...
    @property
    def stream(self) -> bool: ...
    @property
    def max_output(self) -> int | None:
        """The most tokens the caller lets the model produce; None where it did not say."""
        ...

    def patched(self, model: str, stream_usage: Mapping[str, bool]) -> bytes:
        """The body for the provider: the same bytes but for the model's name and, in streams, the request for usage."""
        ...

    def estimate(self) -> Usage:
        """Input by our own count, where no provider told us."""
        ...


class StreamScanner(Protocol):
    """Watches a provider's stream go by. Feed it bytes in any cut; it gives back whole events to forward."""

    usage: Usage | None
    """What the provider has reported so far."""
    content_seen: bool
    finished: bool
    """The provider's own success terminator has been read (it may still be held back, see `feed`)."""
    complete: bool
    """The answer is whole in substance: a clean end of the body may follow without a terminator."""
    garbage: bool
    """Something came that is not an event of this format; whole events before it have been given back."""
    error: str | None
    """The provider's error code where it sent an error event."""
    model: str | None
    reply_id: str | None

    @property
    def produced(self) -> Usage:
        """What went by, by our own count."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Bytes to forward now: whole events only, edited where the client did not ask for them. Nothing follows once `garbage` is set."""
        ...

    def close(self) -> bytes:
        """Bytes to forward when the provider's body has ended cleanly: a last event without its blank line, a missing terminator."""
        ...


class ReplyFacts(Struct, frozen=True, gc=False):
    """What a whole reply says about itself."""

    usage: Usage | None
    """None where it does not say."""
    model: str | None
    reply_id: str | None
    produced: Usage
    """By our own count."""


@dataclass(frozen=True, slots=True)
class Codec:
    """One wire format for one operation, sans-I/O."""

    name: str
    read_request: Callable[[bytes], Request]
    read_reply: Callable[[bytes], ReplyFacts]
    """Raises UpstreamGarbage for what is not a reply of this format."""
    is_error: Callable[[bytes], bool]
    """Whether a provider's error body is in this dialect, so that the client's SDK can read it."""
    scanner: Callable[[Any], StreamScanner] | None
    """Made from the request; None where the operation cannot stream."""
    write_error: Callable[[HeadgateError, str], tuple[int, Headers, bytes]]
    """Error and request id → status, headers, body in this dialect."""
    write_stream_error: Callable[[HeadgateError, str], bytes]
    """The event that ends a started stream."""
    keep_alive: bytes
    request_id_header: bytes
    """Where clients of this dialect look for the id of a request."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a connection goes. Two requests share a connection only if all of this is equal."""

    scheme: str
    host: str
    port: int
    allow_private: bool = False
    proxy: str | None = field(default=None, repr=False)
    ca_file: str | None = None

    @property
    def tls(self) -> bool:
        return self.scheme == "https"


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long each phase of an upstream call may last, in milliseconds. All are finite."""

    connect_ms: int = 5_000
    first_byte_ms: int = 120_000
    first_content_ms: int = 180_000
    between_chunks_ms: int = 60_000
    total_ms: int = 900_000


@dataclass(frozen=True, slots=True)
class Provider:
    """Who to call: address, credential, the formats it speaks, and its quirks as data."""

    name: str
    """Its name in the configuration."""
    kind: str
    origin: Origin
    paths: Mapping[str, str]
    """Codec name → path of the endpoint. A format it does not speak has no entry."""
    authorize: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    """Headers that carry the gateway's credential."""
    defaults: tuple[tuple[bytes, bytes], ...] = ()
    """Headers it needs that are sent only where the client sent none of that name."""
    deadlines: Deadlines = Deadlines()
    stream_usage: Mapping[str, bool] = field(default_factory=dict[str, bool])
    """Members of `stream_options` that make it report usage in streams."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A provider's model, ready to be called under an alias."""

    name: str
    """`<provider>/<model>`."""
    provider: Provider
    model: str
    weight: int
    price: Price | None


@dataclass(frozen=True, slots=True)
class Model:
    """An alias: what clients ask for."""

    name: str
    deployments: tuple[Deployment, ...]
    fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """All aliases of one version of the configuration."""

    models: Mapping[str, Model]
