"""A reliability diagram: observed frequency over forecast probability, with the number of forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from beliefgraph.evaluate.report import Curve
from beliefgraph.services.learning.scoring import BINS, bins


def draw(title: str, curves: Sequence[Curve], path: Path) -> Path:
    """Draw the curves into a PNG file; its path."""
    from matplotlib.figure import Figure  # takes half a second to import, so only plots import it

    figure = Figure(figsize=(6, 7), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    above.plot([0, 1], [0, 1], color="0.7", linewidth=1, label="perfectly calibrated")
    edges = np.linspace(0, 1, BINS + 1)
    for curve in curves:
        found = bins(curve.predicted, curve.happened)
        filled = found.count > 0
        above.plot(
            found.predicted[filled],
            found.happened[filled],
            marker="o",
            label=f"{curve.name} (n={len(curve.predicted)})",
        )
        below.hist(curve.predicted, bins=edges, histtype="step", linewidth=1.5)
    above.set(title=title, ylabel="how often it happened", xlim=(0, 1), ylim=(0, 1))
    above.legend(loc="upper left", frameon=False)
    below.set(xlabel="confidence", ylabel="how many")
    figure.savefig(path, dpi=150, format="png")
    return path
