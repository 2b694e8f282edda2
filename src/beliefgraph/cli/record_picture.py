"""The reliability diagram of an outcome's record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from beliefgraph.model.forecast import OutcomeRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(found: OutcomeRecord, path: Path) -> Path:
    """Draw the record into a PNG file, and say where it is."""
    from matplotlib.figure import Figure  # takes half a second to import, which only a plot should cost

    figure = Figure(figsize=(6, 11), layout="constrained")
    above, below, beside = figure.subplots(3, 1, height_ratios=[3, 1, 2])
    filled = [each for each in found.scores.reliability if each.said is not None and each.happened is not None]
    above.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="perfectly calibrated")
    above.plot([each.said for each in filled], [each.happened for each in filled], marker="o", label="forecasts")
    days = found.horizon.total_seconds() / 86_400
    title = f"{found.outcome} within {days:g} days ({found.scores.count:,} forecasts)"
    above.set(title=title, ylabel="how often it happened", xlim=(0, 1), ylim=(0, 1))
    above.legend(loc="upper left", frameon=False)
    bins = found.scores.reliability
    below.bar([(each.low + each.high) / 2 for each in bins], [each.count for each in bins], width=0.09)
    below.set(xlabel="probability", ylabel="how many", xlim=(0, 1))
    _beside(found, beside)
    figure.savefig(path, dpi=150, format="png")
    return path


def _beside(found: OutcomeRecord, axes: Axes) -> None:
    """Predicted and actual times, or the predicted and actual frequency of each grade."""
    if found.scores.grades is not None:
        shares = found.scores.grades.shares
        places = range(len(shares))
        axes.bar([place - 0.2 for place in places], [each.said for each in shares], width=0.4, label="predicted")
        axes.bar([place + 0.2 for place in places], [each.came for each in shares], width=0.4, label="observed")
        axes.set_xticks([*places], [each.grade for each in shares])
    elif found.scores.times is not None:
        points = found.scores.times.curve
        days = [each.within.total_seconds() / 86_400 for each in points]
        axes.plot(days, [each.said for each in points], marker="o", label="predicted")
        axes.plot(days, [each.happened for each in points], marker="o", label="observed")
        axes.set_xlabel("days after the forecast")
    else:
        axes.set_visible(False)
        return
    axes.set_ylabel("share")
    axes.set_ylim(0, 1)
    axes.legend(frameon=False)
