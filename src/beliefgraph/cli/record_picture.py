"""The reliability diagram of an outcome's record."""

from __future__ import annotations

from pathlib import Path

from beliefgraph.model.forecast import OutcomeRecord


def draw(found: OutcomeRecord, path: Path) -> Path:
    """Draw the record into a PNG file, and say where it is."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    figure = Figure(figsize=(6, 7), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    filled = [each for each in found.scores.reliability if each.said is not None and each.happened is not None]
    above.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="perfectly calibrated")
    above.plot([each.said for each in filled], [each.happened for each in filled], marker="o", label="forecasts")
    days = found.horizon.total_seconds() / 86_400
    title = f"{found.outcome} within {days:g} days ({found.scores.count:,} forecasts)"
    above.set(title=title, ylabel="how often it happened", xlim=(0, 1), ylim=(0, 1))
    above.legend(loc="upper left", frameon=False)
    bins = found.scores.reliability
    below.bar([(each.low + each.high) / 2 for each in bins], [each.count for each in bins], width=0.09)
    below.set(xlabel="probability", ylabel="how many")
    figure.savefig(path, dpi=150, format="png")
    return path
