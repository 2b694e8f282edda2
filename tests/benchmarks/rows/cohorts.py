"""Many users of one model."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tests.benchmarks.generators import hier
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import best, part

from beliefgraph.inference import compile_model


@part("cohorts")
def cohorts() -> Iterator[Row]:
    """100,000 users on 850 beliefs with 935 relations, evidence on 30 % of each; streamed in parts of 5,000."""
    model = compile_model(hier(seed=1))
    rng = np.random.default_rng(5)
    rows = np.where(rng.random((5_000, 850)) < 0.3, rng.normal(size=(5_000, 850)), 0.0)
    for label, asked, must, stretch in (("one outcome", [845], 1.0, 0.3), ("all marginals", range(850), 2.5, 1.0)):
        took = best(lambda asked=asked: model.cohort(rows, asked), 2.0) * 20  # type: ignore[misc]
        yield Row(f"100,000 users, {label} (from 5,000)", took, "s", must, stretch)
