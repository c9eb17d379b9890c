"""Records, keys, teams, usage and models as plain objects: the one shape of them, in the admin API and in `--json`."""

from __future__ import annotations

from typing import Any

from headgate.control import costs, figures, story, timeline
from headgate.core.money import Price, dollars
from headgate.core.ports import Catalog, Deployment, Model
from headgate.core.record import Settled
from headgate.core.stores import KeyRow, Team, UsageRow
from headgate.core.usage import CLASSES, Usage

Object = dict[str, Any]


def key(row: KeyRow, now_ms: int) -> Object:
    """A key without anything secret."""
    return {
        "id": row.id,
        "name": row.name,
        "team_id": row.team_id,
        "role": row.role,
        "state": state(row, now_ms),
        "models": None if row.models is None else sorted(row.models),
        "created_at": _ms(row.created_at_ms),
        "expires_at": _ms(row.expires_at_ms),
        "revoked_at": _ms(row.revoked_at_ms),
        "rotated_at": _ms(row.rotated_at_ms),
        "previous_secret_until": _ms(row.previous_until_ms) if row.previous_until_ms > now_ms else None,
    }


def state(row: KeyRow, now_ms: int) -> str:
    """active, rotating, expired or revoked."""
    if row.revoked_at_ms is not None:
        return "revoked"
    if row.expires_at_ms is not None and row.expires_at_ms <= now_ms:
        return "expired"
    return "rotating" if row.previous_until_ms > now_ms else "active"


def team(row: Team) -> Object:
    return {"id": row.id, "name": row.name, "created_at": _ms(row.created_at_ms)}


def usage(row: UsageRow) -> Object:
    return {
        "value": row.value,
        "name": row.name,
        "requests": row.requests,
        "errors": row.errors,
        "prompt_tokens": row.usage.prompt,
        "completion_tokens": row.usage.completion,
        "usage": _units(row.usage),
        "cost_nano": row.cost_nano,
        "cost_usd": dollars(row.cost_nano),
        "unpriced_requests": row.unpriced,
    }


def record(row: Settled) -> Object:
    """A request with everything that is known of it."""
    facts = {name: getattr(row, name) for name in row.__struct_fields__ if name not in ("usage", "attempts")}
    return facts | {
        "at": figures.iso(row.at_us),
        "cost_usd": None if row.cost_nano is None else dollars(row.cost_nano),
        "usage": _units(row.usage),
        "attempts": [{name: getattr(attempt, name) for name in attempt.__struct_fields__} for attempt in row.attempts],
    }


def explained(row: Settled, price: Price | None) -> Object:
    """A request with why it went where it went, where its time went, and what its cost is made of at `price`."""
    return record(row) | {
        "story": story.told(row),
        "timeline": [
            {
                "part": span.part,
                "label": span.label,
                "start_us": span.start_us,
                "end_us": span.end_us,
                "failed": span.failed,
                "note": span.note,
            }
            for span in timeline.spans(row)
        ],
        "cost_lines": [
            {"class": line.name, "units": line.units, "nano_per_1000": line.rate, "cost_nano": line.cost_nano}
            for line in costs.lines(row, price)
        ],
    }


def models(catalog: Catalog) -> list[Object]:
    return [_model(model) for model in catalog.models.values()]


def _model(model: Model) -> Object:
    return {
        "name": model.name,
        "deployments": [_deployment(deployment) for deployment in model.deployments],
        "fallbacks": list(model.fallbacks),
    }


def _deployment(deployment: Deployment) -> Object:
    return {
        "name": deployment.name,
        "provider": deployment.provider.name,
        "model": deployment.model,
        "weight": deployment.weight,
        "price": None if deployment.price is None else _price(deployment.price),
    }


def _price(price: Price) -> Object:
    """Dollars per million tokens (per thousand searches), and where they are from."""
    per_million = {name: dollars(getattr(price.rates, name) * 1_000) for name in CLASSES if name != "web_searches"}
    return {"version": price.version, "usd_per_million": per_million, "tiers_above_tokens": [tier.above_tokens for tier in price.tiers]}


def _units(used: Usage) -> dict[str, int]:
    return {name: getattr(used, name) for name in CLASSES if getattr(used, name)}


def _ms(ms: int | None) -> str | None:
    return None if ms is None else figures.iso(ms * 1000)
