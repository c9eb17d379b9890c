"""headgate.yaml: every option with its meaning and its default. Vendor-neutral; each kind of provider states its own options."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, PrivateAttr, ValidationInfo, WithJsonSchema, field_validator

from headgate.core.ports import Provider

Where = tuple[str | int, ...]
"""The way from the top of the file to a value: ("models", 0, "name")."""

HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
Milliseconds = Annotated[int, Field(gt=0, le=86_400_000)]
Usd = Annotated[Decimal, Field(strict=False, ge=0, le=1_000_000, decimal_places=6, allow_inf_nan=False)]
ProviderName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""It names a provider in "provider/model", in records and in metrics."""
ModelName = Annotated[str, Field(pattern=r"^[!-~]{1,256}$")]
"""It travels in headers."""


class Strict(BaseModel):
    """Unknown names are errors, nothing is converted, nothing changes."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, use_attribute_docstrings=True, hide_input_in_errors=True)


class Server(Strict):
    """The port that clients call, and how long and how large things may be there."""

    host: str = "127.0.0.1"
    """Address to listen on. 0.0.0.0 listens on all; every request needs a key in any case."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 4000
    """TCP port; 0 takes any free one."""
    body_limit_bytes: Annotated[int, Field(gt=0)] = 33_554_432
    """The largest request body, after decompression."""
    header_timeout_ms: Milliseconds = 10_000
    """How long a client may take to send a request's headers."""
    body_timeout_ms: Milliseconds = 60_000
    """How long a client may take to send a request's body."""
    idle_timeout_ms: Milliseconds = 75_000
    """How long a connection is kept open between two requests."""
    grace_period_ms: Annotated[int, Field(ge=0, le=86_400_000)] = 30_000
    """How long running requests may take to finish after SIGTERM."""
    on_disconnect: Literal["close", "drain"] = "close"
    """When a client leaves in the middle of an answer: close the provider's connection at once, or drain it to learn the usage."""
    drain_ms: Milliseconds = 30_000
    """The longest drain after a client has left."""
    max_attempts: Annotated[int, Field(ge=1, le=10)] = 3
    """The most provider calls for one request, retries and fallbacks together."""

    @field_validator("host")
    @classmethod
    def _host(cls, value: str) -> str:
        if not HOST.fullmatch(value):
            try:
                ipaddress.ip_address(value)
            except ValueError:
                raise ValueError("expected an address such as 127.0.0.1, 0.0.0.0 or ::1") from None
        return value


class Journal(Strict):
    """The append-only files that make the ledger safe against crashes."""

    fsync: Literal["interval", "always"] = "interval"
    """interval: entries survive a killed process at once and a power failure after fsync_interval_ms; always: both at once, slower."""
    fsync_interval_ms: Milliseconds = 1_000
    """How often the journal is forced to disk with fsync: interval."""
    segment_bytes: Annotated[int, Field(ge=65_536)] = 67_108_864
    """The size at which a new journal file is begun."""


class DeploymentSettings(Strict):
    """A provider's model that can answer for the alias."""

    provider: str
    """The name of a provider in this file."""
    model: ModelName
    """The model's id, as the provider spells it."""
    weight: Annotated[int, Field(gt=0, le=1_000_000)] = 1
    """Its share of the requests, relative to the other deployments of the alias."""


class ModelSettings(Strict):
    """An alias: what apps ask for."""

    name: ModelName
    """The name that apps write into "model"."""
    deployments: Annotated[tuple[DeploymentSettings, ...], Field(min_length=1)]
    """Who can answer."""
    fallbacks: tuple[str, ...] = ()
    """Other aliases to try, in order, when no deployment of this one can answer."""


class UsdRates(Strict):
    """A price list in US dollars per million tokens. A class left out costs what its nearest known relative costs."""

    input_usd_per_mtok: Usd
    """Prompt tokens that no cache was used for."""
    cache_read_usd_per_mtok: Usd | None = None
    """Prompt tokens read from the provider's cache. Left out: as input."""
    cache_write_5m_usd_per_mtok: Usd | None = None
    """Prompt tokens written to a cache for five minutes. Left out: as input."""
    cache_write_30m_usd_per_mtok: Usd | None = None
    """The same for thirty minutes. Left out: as five minutes."""
    cache_write_1h_usd_per_mtok: Usd | None = None
    """The same for one hour. Left out: as five minutes."""
    cache_write_12h_usd_per_mtok: Usd | None = None
    """The same for twelve hours. Left out: as thirty minutes."""
    output_usd_per_mtok: Usd
    """Tokens of the answer. Write 0 for embedding models, which have none."""
    reasoning_usd_per_mtok: Usd | None = None
    """Reasoning tokens. Left out: as output."""
    input_audio_usd_per_mtok: Usd | None = None
    """Audio tokens in the prompt. Left out: as input."""
    output_audio_usd_per_mtok: Usd | None = None
    """Audio tokens in the answer. Left out: as output."""
    input_image_usd_per_mtok: Usd | None = None
    """Image tokens in the prompt. Left out: as input."""
    output_image_usd_per_mtok: Usd | None = None
    """Image tokens in the answer. Left out: as output."""
    web_searches_usd_per_thousand: Usd | None = None
    """A thousand searches done by the provider. Left out: free."""


class UsdTier(UsdRates):
    """Prices of the whole request once its prompt is longer than above_tokens."""

    above_tokens: Annotated[int, Field(gt=0)]
    """The longest prompt, caches included, that does not yet pay this."""


class UsdPrice(UsdRates):
    """A price that replaces the one in the shipped list, all of it."""

    tiers: tuple[UsdTier, ...] = ()
    """Prices for long prompts, the smallest above_tokens first."""

    @field_validator("tiers")
    @classmethod
    def _ascending(cls, value: tuple[UsdTier, ...]) -> tuple[UsdTier, ...]:
        starts = [tier.above_tokens for tier in value]
        if starts != sorted(set(starts)):
            raise ValueError("above_tokens must grow from tier to tier")
        return value


class Options(Protocol):
    """What the rest of the configuration needs to know about the options of any kind of provider."""

    @property
    def price_list(self) -> str: ...
    @property
    def model_fields_set(self) -> set[str]: ...


class Kind(Protocol):
    """A file of the providers folder."""

    @property
    def Options(self) -> type[BaseModel]: ...  # noqa: N802, RUF100 - the name that every plugin gives it
    def build(self, options: Any, /) -> Provider: ...


Kinds = Mapping[str, Any]
"""Name → Kind, imported when asked for."""


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """One provider: its name, its kind, and the options that the kind has checked."""

    name: str
    kind: str
    options: Any
    plugin: Kind = field(repr=False)

    def build(self) -> Provider:
        return replace(self.plugin.build(self.options), name=self.name)


@dataclass(frozen=True, slots=True)
class Source:
    """Where settings were read: the line and, where variables were used, the text as written."""

    file: str | None
    lines: Mapping[Where, int]
    templates: Mapping[Where, str]
    notes: tuple[str, ...] = ()
    """What was decided without being asked, for the operator to read."""


class Settings(Strict):
    """Everything that can be configured, with defaults for all of it but providers and models."""

    server: Server = Server()
    """The port that clients call."""
    data_dir: Annotated[Path, Field(strict=False, validate_default=True)] = Path("data")
    """Where journal, store and keys are kept; relative to the configuration file. Default: data."""
    journal: Journal = Journal()
    """How the journal is written."""
    providers: dict[ProviderName, Annotated[InstanceOf[ProviderSettings], WithJsonSchema({})]]
    """Who can be called: name → kind, credential, address."""
    models: tuple[ModelSettings, ...]
    """What apps may ask for. Only these: a model that is not listed is not served."""
    prices: dict[str, UsdPrice] = {}
    """Prices of your own: "provider/model" or "alias/model" → price. The rest comes from the shipped list."""

    _source: Source = PrivateAttr(default=Source(file=None, lines={}, templates={}))

    @field_validator("data_dir", mode="after")
    @classmethod
    def _data_dir(cls, value: Path, info: ValidationInfo) -> Path:
        context: Any = info.context or {}
        return Path(context.get("folder", ".")) / value

    @property
    def source(self) -> Source:
        return self._source

    def read_from(self, source: Source) -> Self:
        """These settings, knowing where they come from."""
        known = self.model_copy()
        known._source = source
        return known
