"""What must fit together across a configuration: names that are used must exist, and nothing is said twice."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from headgate.config.complaints import closest
from headgate.config.document import Document
from headgate.config.schema import ModelSettings, Where


def check(document: Document, models: Mapping[Where, ModelSettings], providers: Collection[str], written: Collection[str]) -> None:
    """Adds to the document's problems. `models` are the valid ones by place, `written` the names of all, valid or not."""
    _no_alias_twice(document, models)
    for where, model in models.items():
        _deployments(document, where, model, providers)
        for index, name in enumerate(model.fallbacks):
            if name not in written:
                document.complain(
                    (*where, "fallbacks", index),
                    f'no model is called "{document.shown((*where, "fallbacks", index), name)}"' + closest(name, written),
                )
    _no_circle(document, models)


def prices(document: Document, models: Mapping[Where, ModelSettings], keys: Collection[str]) -> None:
    """Every price of one's own must be for something that is there."""
    priced = {
        f"{name}/{deployment.model}"
        for model in models.values()
        for deployment in model.deployments
        for name in (model.name, deployment.provider)
    }
    for key in keys:
        if key not in priced:
            document.complain(("prices", key), f'no deployment is called "{key}"' + closest(key, priced))


def _no_alias_twice(document: Document, models: Mapping[Where, ModelSettings]) -> None:
    first: dict[str, Where] = {}
    for where, model in models.items():
        earlier = first.setdefault(model.name, where)
        if earlier != where:
            line = document.line((*earlier, "name"))
            document.complain((*where, "name"), f'the model "{model.name}" is already on line {line}; list all its deployments there')


def _deployments(document: Document, where: Where, model: ModelSettings, providers: Collection[str]) -> None:
    seen: set[tuple[str, str]] = set()
    for index, deployment in enumerate(model.deployments):
        there = (*where, "deployments", index)
        if providers and deployment.provider not in providers:
            shown = document.shown((*there, "provider"), deployment.provider)
            document.complain((*there, "provider"), f'no provider is called "{shown}"' + closest(deployment.provider, providers))
        if (deployment.provider, deployment.model) in seen:
            document.complain(there, f"{deployment.provider}/{deployment.model} is listed twice; add the weights instead")
        seen.add((deployment.provider, deployment.model))


def _no_circle(document: Document, models: Mapping[Where, ModelSettings]) -> None:
    """A model that its fallbacks lead back to would be tried again."""
    after = {model.name: model.fallbacks for model in models.values()}
    reported: set[frozenset[str]] = set()
    for where, model in models.items():
        way = _way_back(model.name, after)
        if way is None or frozenset(way) in reported:
            continue
        reported.add(frozenset(way))
        document.complain((*where, "fallbacks"), f"the fallbacks go round in a circle: {' → '.join(way)}")


def _way_back(start: str, after: Mapping[str, tuple[str, ...]]) -> list[str] | None:
    """The shortest way from `start` along fallbacks to itself."""
    ways = [[start, name] for name in after[start]]
    seen: set[str] = set()
    for way in ways:
        here = way[-1]
        if here == start:
            return way
        if here not in seen:
            seen.add(here)
            ways.extend([*way, name] for name in after.get(here, ()))
    return None
