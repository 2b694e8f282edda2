"""Rival hypotheses on a terminal: each before and after, and the probability that it caused the occurrence."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from beliefgraph.cli import show
from beliefgraph.model.reasons import NoReasons, Occurrence, RivalReasons

NOTHING: Mapping[NoReasons, str] = {
    "silent": "Nothing of it counts at the moment, so there is nothing to weigh.",
    "no_causes": "It bears on beliefs of which no causes are stated.",
    "against": "It speaks against what it bears on: it says that this did not happen.",
}


def reasons(found: RivalReasons) -> RenderableType:
    """Every occurrence with its hypotheses, or why there is none."""
    if found.nothing is not None:
        return Text(NOTHING[found.nothing], style="dim")
    return Group(*(occurrence(one) for one in found.occurrences))


def occurrence(one: Occurrence) -> RenderableType:
    """The occurrence in a sentence, a row for each hypothesis, and the evidence for the first one if asked for."""
    table = Table(title_justify="left", box=None, pad_edge=False)
    table.add_column("why", ratio=1)
    for column in ("before", "after", "brought it about", "alone"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    for each in one.hypotheses:
        table.add_row(
            each.state.belief.statement,
            show.percent(each.before),
            show.confidence(each.state.log_odds, each.state.quality),
            show.chance(each.responsibility),
            show.chance(each.alone),
            Text("") if each.responsibility is None else show.bar(each.responsibility),
        )
    if one.something_else is not None:
        share = one.something_else
        table.add_row(
            Text("something else", style="dim"),
            "",
            "",
            show.chance(share.responsibility),
            show.chance(share.alone),
            show.bar(share.responsibility),
        )
    parts: list[RenderableType] = [Text(one.sentence, style="italic"), table]
    first = one.hypotheses[0].explanation
    return Group(*parts, show.explanation(first)) if first is not None else Group(*parts)
