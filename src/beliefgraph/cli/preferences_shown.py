"""Preferences on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from beliefgraph.cli import show
from beliefgraph.model.belief import ANYONE
from beliefgraph.model.preferred import Preference


def preferences(title: str, found: Sequence[Preference]) -> RenderableType:
    """A table of preferences, each with its most likely value and strength, followed by the conflicts."""
    sentences = dict.fromkeys(conflict.sentence for one in found for conflict in one.conflicts)
    return Group(_table(title, found), *(Text(sentence, style="red") for sentence in sentences))


def _table(title: str, found: Sequence[Preference]) -> Table:
    made = Table(title=title, title_justify="left", box=None, pad_edge=False)
    made.add_column("what", no_wrap=True)
    made.add_column("most likely", ratio=1)
    made.add_column("", justify="right", no_wrap=True)
    made.add_column("strength", justify="right")
    made.add_column("own", justify="right")
    made.add_column("scale", justify="right", no_wrap=True)
    made.add_column("observed in")
    for one in found:
        state = one.belief.state
        named = one.attribute if one.subject == ANYONE else f"{one.attribute} {one.subject}"
        made.add_row(
            Text(named, style="bold" if one.definition.hard else ""),
            state.belief.statement,
            show.confidence(state.log_odds, one.quality),
            "" if one.strength is None else f"{one.strength:.2f}",
            "" if one.beyond_prior is None else f"{round(100 * one.beyond_prior):+d}",
            "" if one.mean is None else f"{one.mean:+.2f} ± {one.deviation:.2f}",
            one.heard_in or "",
        )
    return made
