"""Points for and against options as a chart: a stacked bar for each option, with its score."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from beliefgraph.model.decision_check import DecisionCheck, PointKind

COLOURS: Mapping[PointKind, str] = {
    "constraint": "#B5443F",
    "value": "#6AA84F",
    "preference": "#3F7CB5",
    "goal": "#D9A93C",
    "past_decision": "#8E7CC3",
}


def draw(title: str, found: DecisionCheck, path: Path) -> Path:
    """Draw the log-odds of every point by kind, with the score of each option; the path of the PNG."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost
    from matplotlib.patches import Patch

    options = found.options[::-1]
    figure = Figure(figsize=(8, 1.6 + 0.6 * len(options)), layout="constrained")
    axes = figure.subplots()
    shown: set[PointKind] = set()
    for place, one in enumerate(options):
        ends = {True: 0.0, False: 0.0}
        for point in one.points:
            size = point.log_odds
            if size:
                axes.barh(place, size, left=ends[size > 0], color=COLOURS[point.kind], height=0.55, edgecolor="white")
                ends[size > 0] += size
                shown.add(point.kind)
        text = f"{one.score:+.2f}" if one.allowed else f"forbidden ({one.score:+.2f})"
        axes.annotate(
            text, (ends[True], place), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9
        ).set_color("black" if one.allowed else COLOURS["constraint"])
    axes.axvline(0.0, color="0.3", linewidth=0.8)
    axes.margins(x=0.25)
    axes.set(title=title, xlabel="log-odds that the option is right (the number: its score)")
    axes.set_yticks(range(len(options)), [one.option.named for one in options])
    axes.legend(
        handles=[
            Patch(color=colour, label=kind.replace("_", " ")) for kind, colour in COLOURS.items() if kind in shown
        ],
        loc="lower right",
        frameon=False,
    )
    figure.savefig(path, dpi=150, format="png")
    return path
