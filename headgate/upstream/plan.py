"""Where a request may go, best first. Pure: the dice come in from outside."""

from __future__ import annotations

from collections.abc import Callable

from headgate.core.errors import ModelNotFound, NotServedHere
from headgate.core.ports import Catalog, Deployment, Model

Dice = Callable[[], float]
"""A number in [0, 1)."""


def find(catalog: Catalog, alias: str, allowed: frozenset[str] | None) -> Model:
    """The model behind `alias`. Raises ModelNotFound, naming what the caller may use; an alias it may not use does not exist for it."""
    model = catalog.models.get(alias)
    if model is None or (allowed is not None and alias not in allowed):
        raise ModelNotFound(f"There is no model {alias[:200]!r} for this key. It may use: {usable(catalog, allowed)}.", param="model")
    return model


def names(catalog: Catalog, allowed: frozenset[str] | None) -> list[str]:
    """The aliases that a caller may use, in the order of the configuration."""
    return [name for name in catalog.models if allowed is None or name in allowed]


def usable(catalog: Catalog, allowed: frozenset[str] | None) -> str:
    may = names(catalog, allowed)
    shown = ", ".join(may[:20]) or "no model at all (ask an administrator to extend its allow-list)"
    return f"{shown} and {len(may) - 20} more" if len(may) > 20 else shown


def candidates(catalog: Catalog, model: Model, codec: str, dice: Dice) -> tuple[Deployment, ...]:
    """Deployments that speak `codec`: the model's own in weighted random order, then those of its fallbacks.

    Raises NotServedHere where there is none.
    """
    if not model.fallbacks and len(model.deployments) == 1 and codec in model.deployments[0].provider.paths:
        return model.deployments
    order: list[Deployment] = []
    for one in (model, *(catalog.models[name] for name in model.fallbacks)):
        order += shuffled([deployment for deployment in one.deployments if codec in deployment.provider.paths], dice)
    if not order:
        spoken = sorted({path for deployment in model.deployments for path in deployment.provider.paths})
        raise NotServedHere(
            f"The model {model.name!r} is not served on this route; its providers speak: {', '.join(spoken)}.", param="model"
        )
    first: dict[str, Deployment] = {}
    for deployment in order:  # one that is reached over two aliases is tried once
        first.setdefault(deployment.name, deployment)
    return tuple(first.values())


def shuffled(deployments: list[Deployment], dice: Dice) -> list[Deployment]:
    """All of them; each place is drawn with chances in proportion to the weights of those that are left."""
    left, order = list(deployments), list[Deployment]()
    while len(left) > 1:
        mark = dice() * sum(deployment.weight for deployment in left)
        place = 0
        while place < len(left) - 1 and mark >= left[place].weight:
            mark -= left[place].weight
            place += 1
        order.append(left.pop(place))
    return order + left
