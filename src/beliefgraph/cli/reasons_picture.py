"""Rival hypotheses as a chart: prior, posterior and responsibility of each."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

from beliefgraph.model.reasons import Occurrence

LINE = 36
"""Characters of a statement in one line."""


def draw(one: Occurrence, path: Path) -> Path:
    """Draw two bars for every hypothesis, confidence and responsibility, with a mark at the earlier confidence.

    Something else has the last bar. Returns the path of the PNG.
    """
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    names = [h.state.belief.statement for h in one.hypotheses]
    held = [h.state.confidence or 0.0 for h in one.hypotheses]
    before = [h.before_confidence for h in one.hypotheses]
    brought = [h.responsibility for h in one.hypotheses]
    if one.something_else is not None:
        names, held, before = [*names, "something else"], [*held, 0.0], [*before, None]
        brought = [*brought, one.something_else.responsibility]
    places = range(len(names))[::-1]
    figure = Figure(figsize=(8, 1.4 + 0.6 * len(names)), layout="constrained")
    axes = figure.subplots()
    axes.barh([place + 0.19 for place in places], held, height=0.36, color="#9CC3E4", label="holds")
    known = [(place + 0.19, was) for place, was in zip(places, before, strict=True) if was is not None]
    axes.scatter(
        [was for _, was in known],
        [place for place, _ in known],
        marker="|",
        s=200,
        color="0.2",
        zorder=3,
        label="before",
    )
    if one.something_else is not None:
        shares = [share or 0.0 for share in brought]
        axes.barh([place - 0.19 for place in places], shares, height=0.36, color="#D9653C", label="brought it about")
    axes.set(title=f"Why? {one.state.belief.statement} ({one.state.confidence or 0.0:.0%})", xlim=(0, 1))
    axes.set_xlabel("probability")
    axes.set_yticks(list(places), [fill(name, LINE) for name in names])
    axes.legend(loc="lower right", frameon=False)
    figure.savefig(path, dpi=150, format="png")
    return path
