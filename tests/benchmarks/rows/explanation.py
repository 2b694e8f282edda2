"""What moved a belief: contributions and leave-one-out of every item at once."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from tests.benchmarks.generators import evidence, hier
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import best, part

from beliefgraph.inference import compile_model


@part("explanation")
def explanation() -> Iterator[Row]:
    """Contributions and leave-one-out of every item at once."""
    lam = evidence(850, 1)
    model = compile_model(hier(seed=1))
    told = np.flatnonzero(lam)
    why = model.influence(3, lam)
    brute = np.repeat(lam[None], len(told), axis=0)
    brute[np.arange(len(told)), told] = 0.0
    error = np.abs(why.without(told, lam[told]) - model.log_odds(brute).log_odds[:, 3]).max()
    yield Row(f"leave-one-out of {len(told)} items against brute force", float(error), "nats", 1e-9, 1e-12)
    (bundle,) = model.bundles
    two = np.repeat(lam[None], 2, axis=0)
    clamped = [{3: False}, {3: True}]

    def leave_out() -> None:
        bundle.log_marginals(two, clamped, set())
        why.without(told, lam[told])

    yield Row(f"leave-one-out of {len(told)} items", best(leave_out) * 1e3, "ms", 0.5, 0.1)
    sums = [abs(model.influence(target, lam).residual) for target in range(0, 850, 50)]
    yield Row("Aumann-Shapley: farthest sum from the change", max(sums), "nats", 1e-4, 1e-5)
    yield Row("Aumann-Shapley with leave-one-out: time", best(lambda: model.influence(3, lam)) * 1e3, "ms", 1.5, 0.4)
