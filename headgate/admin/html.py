"""The console's HTML, written by Jinja with everything escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from fastapi.responses import HTMLResponse

from headgate import __version__
from headgate.control import costs, figures
from headgate.core.money import dollars


class Templates:
    def __init__(self) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        filters: dict[str, Any] = self._environment.filters
        for write in (figures.money, figures.count, figures.short, figures.duration, figures.moment, figures.age, figures.rate, dollars):
            filters[write.__name__] = write
        shared: dict[str, Any] = self._environment.globals
        shared |= {"version": __version__, "share": figures.share, "labels": costs.LABELS}

    def page(self, name: str, status_code: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(self._environment.get_template(name).render(values), status_code)
