"""Proportional odds: with two grades the logistic regression, with more what generated them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import expit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight import logistic
from beliefgraph.inference.foresight.ordinal import fit, log_shares, shares

THRESHOLDS = np.array([1.5, 0.2, -1.8])
SLOPE = np.array([0.9, -0.5])


def drawn(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns, one of them shifted, and the grade that came."""
    draw = np.random.default_rng(seed)
    x = draw.standard_normal((rows, 2)) * [1.0, 3.0] + [0.0, 7.0]
    higher = expit(THRESHOLDS + (x @ SLOPE)[:, None] - SLOPE[1] * 7.0)
    return x, (draw.random(rows)[:, None] < higher).sum(axis=1)


def test_with_two_grades_it_is_the_logistic_regression() -> None:
    x, grade = drawn(400, 1)
    y = (grade >= 2).astype(np.int64)
    found, known = fit(x, y, 2, ridge=3.0), logistic.fit(x, y.astype(np.float64), 3.0)
    assert found.intercept == pytest.approx([known.intercept], abs=1e-6)
    assert found.slope == pytest.approx(known.slope, abs=1e-6)


def test_it_is_the_minimum_that_a_general_optimiser_finds() -> None:
    x, grade = drawn(300, 2)
    z = (x - x.mean(axis=0)) / x.std(axis=0)

    def loss(at: np.ndarray) -> float:
        edges = np.concatenate([[np.inf], at[:3], [-np.inf]])
        along = z @ at[3:]
        p = expit(edges[grade] + along) - expit(edges[grade + 1] + along)
        return float(-np.log(np.maximum(p, 1e-300)).sum() + 0.5 * 2.0 * (at[3:] ** 2).sum())

    found = fit(x, grade, 4, ridge=2.0)
    best = minimize(loss, np.array([1.0, 0.0, -1.0, 0.0, 0.0]), method="BFGS", options={"gtol": 1e-6})
    assert found.slope * x.std(axis=0) == pytest.approx(best.x[3:], abs=1e-4)
    assert found.log_odds(x.mean(axis=0, keepdims=True))[0] == pytest.approx(best.x[:3], abs=1e-4)


def test_what_generated_the_grades_is_found_and_the_shares_are_a_distribution() -> None:
    x, grade = drawn(20_000, 3)
    found = fit(x, grade, 4)
    assert found.slope == pytest.approx(SLOPE, abs=0.06)
    assert found.intercept == pytest.approx(THRESHOLDS - SLOPE[1] * 7.0, abs=0.15)
    said = shares(found.log_odds(x))
    assert said.sum(axis=1) == pytest.approx(np.ones(len(x)))
    assert said.mean(axis=0) == pytest.approx(np.bincount(grade) / len(grade), abs=0.005)


def test_a_grade_that_never_came_keeps_a_small_share() -> None:
    x, grade = drawn(200, 4)
    found = fit(x, np.where(grade == 1, 2, grade), 4)
    assert (np.diff(found.intercept) < 0).all()
    assert 0 < shares(found.log_odds(x))[:, 1].mean() < 0.02


def test_far_out_no_digit_is_lost() -> None:
    assert log_shares(np.array([-40.0, -41.0])) == pytest.approx([0.0, -40 + np.log1p(-np.exp(-1)), -41.0])
    assert log_shares(np.array([41.0, 40.0])) == pytest.approx([-41.0, -40 + np.log1p(-np.exp(-1)), 0.0])


@pytest.mark.parametrize("grade", [np.array([0, 4]), np.array([-1, 0]), np.array([0])])
def test_grades_that_there_are_not_are_refused(grade: np.ndarray) -> None:
    with pytest.raises(Incorrect):
        fit(np.zeros((2, 1)), grade, 4)
