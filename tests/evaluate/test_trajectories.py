"""`beliefgraph evaluate trajectories` on a small cohort."""

from __future__ import annotations

import asyncio

import numpy as np

from beliefgraph.evaluate import trajectories_service
from beliefgraph.evaluate.client import Client
from beliefgraph.evaluate.cohort import MEAN_STAY, STAGES, simulate
from beliefgraph.evaluate.replay import LearnSources
from beliefgraph.evaluate.report import Evaluation
from beliefgraph.evaluate.trajectories import evaluate


def test_a_small_cohort_is_forecast_better_than_by_simpler_means() -> None:
    found = evaluate(twins=300, most_phases=4)
    assert found.ok, [row for row in found.checks if not row.ok]


async def test_a_few_twins_are_forecast_through_the_service_by_what_it_learned_of_others(
    client: Client, learn: LearnSources
) -> None:
    def work() -> Evaluation:
        return trajectories_service.evaluate(
            client, 50, 1414, "test", lambda *_: None, learn=learn, keep=True, asked_about=8
        )

    found = await asyncio.to_thread(work)
    checks = {row.item: row for row in found.checks}
    assert checks["answers by what was learned"].ok
    assert checks["stage six weeks ahead: log loss, against the last signal's"].ok
    assert 0.7 < float(checks["90 % intervals of the time to purchase: covered, at least"].value or 0) <= 1.0


def test_the_cohort_is_what_it_says_it_is() -> None:
    cohort = simulate(2000, 1)
    assert np.isfinite(cohort.purchase).all()
    assert cohort.purchase.min() > 0.2 * MEAN_STAY.sum()
    assert abs((cohort.signal == -1).mean() - 0.35) < 0.01
    assert ((cohort.stage == len(STAGES) - 1) == (cohort.purchase[:, None] <= np.arange(52))).all()
    assert (np.diff(cohort.stage, axis=1) < 0).any()
