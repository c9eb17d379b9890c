"""The catalog: every alias with the deployments that answer for it and what they cost."""

from __future__ import annotations

from collections.abc import Mapping

from headgate.config import prices
from headgate.config.prices import PriceTable
from headgate.config.schema import ModelSettings, ProviderSettings, Settings
from headgate.core.money import Price
from headgate.core.ports import Catalog, Deployment, Model, Provider

NO_PRICES = "none"


def build(settings: Settings, table: PriceTable) -> Catalog:
    """The catalog of one version of the configuration."""
    providers = {name: provider.build() for name, provider in settings.providers.items()}
    lists = {name: price_list(settings.providers[name], provider, table) for name, provider in providers.items()}
    own = {key: prices.configured(price) for key, price in settings.prices.items()}

    def deployment(alias: ModelSettings, index: int) -> Deployment:
        chosen = alias.deployments[index]
        listed = lists[chosen.provider]
        return Deployment(
            name=f"{chosen.provider}/{chosen.model}",
            provider=providers[chosen.provider],
            model=chosen.model,
            weight=chosen.weight,
            price=_own(own, alias.name, chosen.provider, chosen.model) or (table.find(listed, chosen.model) if listed else None),
        )

    return Catalog(
        models={
            alias.name: Model(
                name=alias.name,
                deployments=tuple(deployment(alias, index) for index in range(len(alias.deployments))),
                fallbacks=alias.fallbacks,
            )
            for alias in settings.models
        }
    )


def price_list(settings: ProviderSettings, provider: Provider, table: PriceTable) -> str | None:
    """Where a provider's models are looked up: where it says so, else the list of its host, else the list of its kind."""
    chosen: str = settings.options.price_list
    if "price_list" not in settings.options.model_fields_set and "base_url" in settings.options.model_fields_set:
        chosen = table.list_for(f"{provider.origin.scheme}://{provider.origin.host}{next(iter(provider.paths.values()), '')}") or chosen
    return None if chosen == NO_PRICES else chosen


def _own(own: Mapping[str, Price], alias: str, provider: str, model: str) -> Price | None:
    """A price for the alias goes before one for the provider."""
    return own.get(f"{alias}/{model}") or own.get(f"{provider}/{model}")
