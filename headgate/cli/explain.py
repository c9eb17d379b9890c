"""`headgate explain`: why a request went where it went and what it cost."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from headgate.cli import paper, settings
from headgate.cli.keys import team_names
from headgate.cli.paper import Text
from headgate.cli.place import AsJson, ConfigFile, DataDir, opened
from headgate.config import catalog, prices
from headgate.control import costs, figures, keys, records, story, timeline, views
from headgate.control.timeline import Span
from headgate.core.errors import ConfigError
from headgate.core.money import Price, dollars
from headgate.core.record import Settled
from headgate.core.stores import Stores

BAR = 40
"""Letters for the whole time of the request."""

STYLES = {"gateway": "cyan", "attempt": "bold", "waiting": "yellow", "thinking": "magenta", "answering": "green"}

INSIDE = ("waiting", "thinking", "answering")


def explain(
    request: Annotated[str, typer.Argument(metavar="REQUEST_ID", help="The response's x-headgate-request-id.")],
    config: ConfigFile = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Why a request went where it went and what it cost."""
    with opened(config, data_dir) as stores:
        record = records.explain(stores, request)
        who = _who(stores, record)
    price = price_of(config, record)
    if json:
        paper.as_json(views.explained(record, price))
        return
    paper.lines(*_head(record, who), "", *_story(record), "", *_times(record), "", *_costs(record, costs.lines(record, price)))


def price_of(config: Path | None, record: Settled) -> Price | None:
    """Today's price of what answered; None where the configuration cannot be read or has it no more."""
    try:
        return costs.price_of(catalog.build(settings.read(config), prices.load()), record)
    except ConfigError:
        return None


def _who(stores: Stores, record: Settled) -> str:
    if record.key_id is None:
        return "nobody we know"
    name = next((row.name for row in keys.every(stores) if row.id == record.key_id), "a key that is gone")
    team = team_names(stores).get(record.team_id or "", record.team_id or "no team")
    return f"{name} ({record.key_id}) of team {team}"


def _head(record: Settled, who: str) -> list[Text]:
    title = Text.assemble((record.id, "bold"), "  ", paper.state(record.outcome), f"  {record.status_code or 'no status'}")
    asked = f"{record.alias or 'no model'} by {record.route}{', streamed' if record.stream else ''}"
    went = record.deployment or "no provider"
    facts = (("when", f"{figures.moment(record.at_us)} UTC"), ("who", who), ("asked for", asked), ("went to", went))
    if record.error is not None:
        facts = (*facts, ("error", record.error))
    return [title, Text(), *(Text.assemble((f"  {name:<11}", "dim"), paper.plain(value)) for name, value in facts)]


def _story(record: Settled) -> list[Text]:
    return [Text.assemble("  ", paper.plain(sentence)) for sentence in story.told(record)]


def _times(record: Settled) -> list[Text]:
    spans = timeline.spans(record)
    whole_us = max(1, record.total_us, *(span.end_us for span in spans))
    title = Text.assemble(("Time", "bold"), f"  {figures.duration(record.total_us)}")
    return [title, Text(), *(drawn(span, whole_us) for span in spans)]


def drawn(span: Span, whole_us: int) -> Text:
    start = min(BAR - 1, span.start_us * BAR // whole_us)
    length = max(1, min(BAR - start, round(span.length_us * BAR / whole_us)))
    bar = " " * start + ("━" if span.length_us * BAR >= whole_us else "╸") * length
    indent = "    " if span.part in INSIDE else "  "
    style = "red" if span.failed else STYLES[span.part]
    label = f"{indent}{span.label}"
    return Text.assemble(f"{label:<20} ", (f"{bar:<{BAR}}", style), f" {figures.duration(span.length_us):>9}  ", (span.note, "dim"))


def _costs(record: Settled, lines: list[costs.Line]) -> list[Text]:
    total = "unknown: no price is known for it" if record.cost_nano is None else f"${dollars(record.cost_nano)}"
    title = Text.assemble(("Cost", "bold"), f"  {total}", (f"  {story.COUNTED[record.usage_source]}", "dim"))
    if not lines:
        return [title]
    found = [title, Text(), *(_paid(line) for line in lines)]
    if any(line.cost_nano is None for line in lines) and record.cost_nano is not None:
        found += [Text(), Text(f"  Charged by the prices of {record.price_version}, which are not the ones in use now.", style="dim")]
    elif record.price_version is not None:
        found += [Text(), Text(f"  prices of {record.price_version}", style="dim")]
    return found


def _paid(line: costs.Line) -> Text:
    row = f"  {costs.LABELS[line.name]:<20}{figures.count(line.units):>12}"
    if line.rate is None or line.cost_nano is None:
        return Text(row)
    per = "each 1,000" if line.name == "web_searches" else "per M"
    rate = f"${dollars(line.rate)}" if line.name == "web_searches" else figures.rate(line.rate)
    return Text(f"{row}  × {rate + ' ' + per:<16}  ${dollars(line.cost_nano)}")
