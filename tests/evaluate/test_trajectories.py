"""`beliefgraph evaluate trajectories` on a small cohort."""

from __future__ import annotations

import numpy as np

from beliefgraph.evaluate.cohort import MEAN_STAY, STAGES, simulate
from beliefgraph.evaluate.trajectories import evaluate


def test_a_small_cohort_is_forecast_better_than_by_simpler_means() -> None:
    found = evaluate(twins=300, most_phases=4)
    assert found.ok, [row for row in found.checks if not row.ok]


def test_the_cohort_is_what_it_says_it_is() -> None:
    cohort = simulate(2000, 1)
    assert np.isfinite(cohort.purchase).all()
    assert cohort.purchase.min() > 0.2 * MEAN_STAY.sum()
    assert abs((cohort.signal == -1).mean() - 0.35) < 0.01
    assert ((cohort.stage == len(STAGES) - 1) == (cohort.purchase[:, None] <= np.arange(52))).all()
    assert (np.diff(cohort.stage, axis=1) < 0).any()
