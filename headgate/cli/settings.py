"""`headgate check` and `headgate models`: what the configuration says."""

from __future__ import annotations

from pathlib import Path

from headgate.cli import paper
from headgate.cli.paper import Column
from headgate.cli.place import AsJson, ConfigFile
from headgate.config import catalog, load, origins, prices
from headgate.config.schema import Settings
from headgate.control import figures, views
from headgate.core.ports import Deployment, Model


def read(config: Path | None) -> Settings:
    """The settings. Raises ConfigError with file, line and reason."""
    return load.load(config, load.environment())


def check(config: ConfigFile = None, json: AsJson = False) -> None:
    """Every effective setting and where it came from; exit status 1 where the configuration cannot be used."""
    settings = read(config)
    found = origins.effective(settings)
    if json:
        values = [{"name": each.name, "value": each.value, "origin": each.origin} for each in found]
        paper.as_json({"settings": values, "notes": list(settings.source.notes)})
        return
    for note in settings.source.notes:
        paper.lines(paper.plain(note))
    paper.table(
        (Column("SETTING", whole=True), Column("VALUE", whole=True), Column("FROM")),
        [(each.name, each.value, each.origin) for each in found],
    )


def models(config: ConfigFile = None, json: AsJson = False) -> None:
    """The aliases apps may ask for, who answers, and at what price."""
    known = catalog.build(read(config), prices.load())
    if json:
        paper.as_json({"models": views.models(known)})
        return
    columns = (Column("MODEL"), Column("DEPLOYMENT", whole=True), Column("WEIGHT", right=True))
    priced = (Column("INPUT/M", right=True), Column("OUTPUT/M", right=True), Column("PRICES OF"), Column("FALLBACKS"))
    rows = [_row(model, deployment, not index) for model in known.models.values() for index, deployment in enumerate(model.deployments)]
    paper.table((*columns, *priced), rows)


def _row(model: Model, deployment: Deployment, first: bool) -> tuple[str, ...]:
    price = deployment.price
    cost = (
        ("unknown", "unknown", "") if price is None else (figures.rate(price.rates.input), figures.rate(price.rates.output), price.version)
    )
    return (model.name if first else "", deployment.name, str(deployment.weight), *cost, ", ".join(model.fallbacks) if first else "")
