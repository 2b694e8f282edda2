"""The goals of a twin as a chart: motivation now and before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from beliefgraph.model.goal import GoalRow, GoalStatus

COLOURS: Mapping[GoalStatus, str] = {
    "proposed": "#B4A7D6",
    "active": "#3F7CB5",
    "blocked": "#D9A93C",
    "achieved": "#6AA84F",
    "abandoned": "#9AA1AE",
}
MOST = 40
"""Most goals in one picture: those with the greatest motivation, now or before."""


def draw(title: str, rows: Sequence[GoalRow], before: Mapping[str, float], path: Path) -> Path:
    """Draw a bar for every goal, coloured by status, with a mark at its earlier value; the path of the PNG."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost
    from matplotlib.patches import Patch

    def size(row: GoalRow) -> float:
        return max(row.state.motivation, before.get(row.state.goal.id, 0.0))

    states = [row.state for row in sorted(rows, key=size, reverse=True)[:MOST]][::-1]
    figure = Figure(figsize=(8, 1.2 + 0.35 * len(states)), layout="constrained")
    axes = figure.subplots()
    places = range(len(states))
    axes.barh(places, [s.motivation for s in states], color=[COLOURS[s.status] for s in states], height=0.6)
    known = [(place, before[s.goal.id]) for place, s in zip(places, states, strict=True) if s.goal.id in before]
    if known:
        axes.scatter([was for _, was in known], [place for place, _ in known], marker="|", s=220, color="0.2", zorder=3)
    for place, state in zip(places, states, strict=True):
        axes.annotate(
            f"{state.progress:.0%} done",
            (1.0, place),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set(title=title, xlabel="motivation (bar: now; mark: before)" if known else "motivation", xlim=(0, 1))
    axes.set_yticks(places, [state.title for state in states])
    shown = {state.status for state in states}
    axes.legend(
        handles=[Patch(color=colour, label=status) for status, colour in COLOURS.items() if status in shown],
        loc="lower right",
        frameon=False,
    )
    figure.savefig(path, dpi=150, format="png")
    return path
