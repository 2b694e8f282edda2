"""The scoreboard of the inference, beside pyAgrum and pgmpy in the same run: `python tests/benchmarks/inference.py`.

Times are the best of several equal runs, or the middle of several that differ; ratios are against the peer on the same
network, in turn with it. Full passes count pyAgrum's rebuild of its engine; incremental rows keep both sides' state.
`--json` prints rows with item, value, must, stretch and ok; `--only PART ...` makes some parts; `--plots DIR` draws.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.report import Row, show
from tests.benchmarks.rows import (
    accuracy,
    cohorts,
    explanation,
    large_tables,
    learning,
    promises,
    real_data,
    speed,
    thin,
)
from tests.benchmarks.scoreboard import DRAWINGS, PARTS, once

from beliefgraph.inference import warm

MODULES = (speed, explanation, promises, cohorts, accuracy, large_tables, learning, real_data, thin)
"""The modules whose parts are on the scoreboard; importing one puts them there."""


def draw(rows: list[Row], folder: Path) -> None:
    """Every drawing, and the ratios that were measured."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    for name, drawing in DRAWINGS.items():
        figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
        drawing(axes)
        figure.savefig(folder / f"{name}.png", dpi=120)
    ratios = [row for row in rows if row.unit == "×"]
    if ratios:
        figure, axes = pyplot.subplots(figsize=(9, 0.5 * len(ratios) + 1.2), layout="constrained")
        axes.barh([row.item for row in ratios], [row.value for row in ratios], color="#4477aa")
        axes.set_xscale("log")
        axes.set_xlabel("times as fast as the peer, same network, same run")
        axes.invert_yaxis()
        figure.savefig(folder / "inference.png", dpi=120)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--json", action="store_true")
    asked.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), metavar="PART")
    asked.add_argument("--plots", type=Path, metavar="DIR")
    given = asked.parse_args()
    warm()
    rows: list[Row] = []
    for name in given.only:
        print(f"{name} ...", end="", file=sys.stderr, flush=True)
        print(f" {once(lambda name=name: rows.extend(PARTS[name]())):.0f} s", file=sys.stderr)  # type: ignore[misc]
    show("The inference", rows, given.json)
    if given.plots:
        draw(rows, given.plots)


if __name__ == "__main__":
    main()
