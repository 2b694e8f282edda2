"""Preferences as a chart: the probability of each value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from beliefgraph.model.attribute import OTHER
from beliefgraph.model.belief import ANYONE
from beliefgraph.model.preferred import Preference

SHADES = ("#2F6690", "#5B9BC8", "#9CC5E0", "#C9DDEB", "#DEE8EF")
"""Colours from the most likely value on; the last colour applies to all further ones."""

LEFT = "#EDEDED"
"""The colour of `other`, and of the complement of a binary belief."""

MOST = 40
"""Most preferences in one picture, the most certain first."""

LEGIBLE = 0.09
"""Least share that is wide enough for its label."""


def draw(title: str, found: Sequence[Preference], path: Path) -> Path:
    """Draw a stacked bar for every preference, the best value on the left; the path of the PNG."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    shown = sorted(found, key=lambda one: one.strength or 0.0, reverse=True)[:MOST][::-1]
    figure = Figure(figsize=(9, 1.2 + 0.38 * len(shown)), layout="constrained")
    axes = figure.subplots()
    for place, one in enumerate(shown):
        start = 0.0
        for name, share, colour in _shares(one):
            axes.barh(place, share, left=start, color=colour, height=0.7, edgecolor="white", linewidth=0.6)
            if share >= LEGIBLE:
                dark = colour == SHADES[0]
                axes.text(
                    start + share / 2,
                    place,
                    name,
                    ha="center",
                    va="center",
                    fontsize=8,
                    color="white" if dark else "0.2",
                )
            start += share
        if one.heard_in is not None:
            axes.annotate(
                f"observed in {one.heard_in}",
                (1.0, place),
                xytext=(4, 0),
                textcoords="offset points",
                va="center",
                fontsize=8,
            )
    names = [one.attribute if one.subject == ANYONE else f"{one.attribute} {one.subject}" for one in shown]
    axes.set(title=title, xlabel="probability", xlim=(0, 1))
    axes.set_yticks(range(len(shown)), names)
    figure.savefig(path, dpi=150, format="png")
    return path


def _shares(one: Preference) -> Iterator[tuple[str, float, str]]:
    """Each value with its share and colour; nothing without probabilities."""
    if not one.values:
        holds = one.belief.state.confidence
        if holds is not None:
            yield "yes", holds, SHADES[0]
            yield "no", 1.0 - holds, LEFT
        return
    for place, each in enumerate(value for value in one.values if value.value != OTHER):
        yield each.value, each.probability or 0.0, SHADES[min(place, len(SHADES) - 1)]
    yield OTHER, sum(each.probability or 0.0 for each in one.values if each.value == OTHER), LEFT
