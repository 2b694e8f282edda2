"""Trajectories as a chart: the probability of every stage, past and projected."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from beliefgraph.model.trajectory import Trajectory

COLOURS = ("#C9D7E8", "#93B4D4", "#5A8FBF", "#2F6BA3", "#1D4A7A", "#D9A93C", "#B4882A", "#6AA84F", "#4A8034", "#9AA1AE")


def draw(twin: str, found: Sequence[Trajectory], path: Path) -> Path:
    """Draw each trajectory as stacked areas, with a line between past and projection; the path of the PNG."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    rows = max(len(found), 1)
    figure = Figure(figsize=(9, 1 + 2.8 * rows), layout="constrained")
    for axes, one in zip(figure.subplots(rows, squeeze=False)[:, 0], found, strict=False):
        points = (*one.history, *one.ahead)
        colours = [COLOURS[n % len(COLOURS)] for n in range(len(one.stages))]
        axes.stackplot(
            [point.time for point in points],
            [[point.stages[n].probability for point in points] for n in range(len(one.stages))],
            labels=[share.stage for share in one.stages],
            colors=colours,
        )
        axes.axvline(one.valid_time, color="0.2", linewidth=1)
        axes.annotate("expected", (one.valid_time, 1.02), xytext=(4, 0), textcoords="offset points", fontsize=8)
        for each in one.why:
            axes.plot(each.time, 0, marker="|", color="0.2", markersize=10, clip_on=False)
        axes.set(title=f"{one.title} of {twin}", ylim=(0, 1), ylabel="probability")
        axes.margins(x=0)
        axes.legend(loc="upper left", fontsize=8)
        axes.tick_params(axis="x", labelsize=8)
    figure.savefig(path, dpi=150, format="png")
    return path
