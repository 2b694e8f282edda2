"""Contributions to the log-odds of any event within a horizon."""

from __future__ import annotations

import numpy as np
import pytest

from beliefgraph.inference.foresight.attribution import attributed, log_odds_within


def test_contributions_and_baseline_sum_to_the_log_odds_and_the_baseline_is_that_of_the_means() -> None:
    draw = np.random.default_rng(0)
    for periods in (1, 4, 39):
        at_means, added = draw.normal(-3, 1, periods), draw.normal(0, 1, (periods, 6))
        baseline, contributions = attributed(at_means, added)
        total = log_odds_within(at_means + added.sum(axis=1))
        assert baseline + contributions.sum() == pytest.approx(float(total), abs=1e-12)
        assert baseline == pytest.approx(float(log_odds_within(at_means)), abs=1e-9)


def test_in_one_period_each_input_contributes_what_it_adds() -> None:
    baseline, contributions = attributed(np.array([-2.0]), np.array([[0.5, -1.25, 0.0]]))
    assert baseline == pytest.approx(-2.0)
    assert contributions == pytest.approx([0.5, -1.25, 0.0])


def test_inputs_that_cancel_out_still_contribute() -> None:
    _, contributions = attributed(np.full(8, -2.0), np.outer(np.ones(8), [1.0, -1.0]))
    assert contributions[0] == pytest.approx(-contributions[1])
    assert contributions[0] > 0.5


def test_a_mean_along_the_line_is_what_a_fine_sum_gives() -> None:
    draw = np.random.default_rng(3)
    at_means, added = draw.normal(-2, 1, 5), draw.normal(0, 1, (5, 3))
    points = (np.arange(20_000) + 0.5) / 20_000
    lines = at_means + np.outer(points, added.sum(axis=1))
    hazard = 1 / (1 + np.exp(-lines))
    pull = (hazard / (1 - np.prod(1 - hazard, axis=1))[:, None]).mean(axis=0)
    assert attributed(at_means, added)[1] == pytest.approx(pull @ added, abs=1e-6)
