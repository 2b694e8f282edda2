"""The picture of one forecast: the time to the outcome, or the probability of each grade."""

from __future__ import annotations

from pathlib import Path

from beliefgraph.model.forecast import Forecast


def draw(found: Forecast, path: Path) -> Path:
    """Draw a forecast into a PNG file, and say where it is."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    days = found.horizon.total_seconds() / 86_400
    axes.set(title=f"{found.outcome} within {days:g} days of {found.made_at:%Y-%m-%d}", ylim=(0, 1))
    if found.grades:
        axes.bar([each.grade for each in found.grades], [each.probability for each in found.grades])
        axes.set_ylabel("probability")
    else:
        ends = [(each.at - found.made_at).total_seconds() / 86_400 for each in found.curve]
        axes.plot([0.0, *ends], [0.0, *(each.probability for each in found.curve)], marker="o")
        axes.set(xlabel="days", ylabel="has happened by then")
    figure.savefig(path, dpi=150, format="png")
    return path
