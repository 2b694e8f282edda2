"""Pages from templates: every inserted value is escaped, and nothing is loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from beliefgraph.web.person import charts, phrases


@cache
def environment() -> Environment:
    """The templates, with the wording and charts that they use."""
    made = Environment(
        loader=PackageLoader("beliefgraph.web.person"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(
        {
            "sure": phrases.sure,
            "percent": phrases.percent,
            "day": phrases.day,
            "moment": phrases.moment,
            "capital": phrases.capital,
            "plain": phrases.plain,
            "in_second_person": phrases.in_second_person,
            "data": phrases.data,
        }
    )
    made.globals.update(
        {
            "bar": charts.bar,
            "course": charts.course,
            "days": charts.days,
            "stages": charts.stages,
            "done_words": phrases.DONE,
            "status_words": phrases.STATUS,
            "basis_words": phrases.BASIS,
            "session": None,
            "done": "",
        }
    )
    return made


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """A page as HTML."""
    return environment().get_template(template).render(values)
