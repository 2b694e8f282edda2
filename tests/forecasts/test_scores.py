"""How good forecasts were at when and at grades, worked by hand, and on simulated outcomes."""

from __future__ import annotations

import math
from datetime import timedelta

import numpy as np
import pytest
from tests.forecasts.outcomes import day

from beliefgraph.model.forecast import GradeForecast
from beliefgraph.services.forecasts.grading import grading
from beliefgraph.services.forecasts.history import Floats
from beliefgraph.services.forecasts.outcome_record import outcome_record
from beliefgraph.services.forecasts.timing import timing
from beliefgraph.services.learning.scoring import brier
from beliefgraph.store.forecasts import Scored

WEEK = timedelta(days=7)


def scored(
    cumulative: tuple[float, ...],
    at: float | None,
    *,
    over: bool = True,
    grades: tuple[GradeForecast, ...] = (),
    grade: str | None = None,
) -> Scored:
    """A forecast of day 0 over as many weeks, and when it happened; with no time, it did not."""
    happened = at is not None
    p = cumulative[-1] if cumulative else 0.5
    moment = day(7 * len(cumulative) if at is None else at)
    return Scored(p, None, "stated", day(0), day(-30), happened, moment, grade, over, cumulative, grades)


def test_when_is_scored_in_days_and_against_how_often_it_had_happened_by_then() -> None:
    rows = [scored((0.2, 0.5), 10.0), scored((0.1, 0.3), None), scored((0.6, 0.9), 7.0)]
    found = outcome_record("churn", 2 * WEEK, rows).scores.times
    assert found is not None
    each = [0.2**2 + 0.5**2, 0.1**2 + 0.3**2, 0.4**2 + 0.1**2]
    assert found.crps == pytest.approx(7 * sum(each) / 3)
    assert found.skill == pytest.approx(1 - sum(each) / 3 / (1 / 3 * 2 / 3 + 2 / 3 * 1 / 3))
    assert [(point.within, point.happened) for point in found.curve] == [(WEEK, 1 / 3), (2 * WEEK, 2 / 3)]
    assert [point.said for point in found.curve] == pytest.approx([0.3, 1.7 / 3])
    assert found.covered == 1.0
    # Each interval reaches from the first period to the end of .9: "not within" for two, the second week for one.
    assert found.claimed == pytest.approx((1.0 + 1.0 + 0.9) / 3)


def test_curves_that_are_true_cover_as_often_as_they_claim() -> None:
    draw = np.random.default_rng(1)
    hazard = draw.uniform(0.02, 0.4, (20_000, 1)) * draw.uniform(0.5, 1.5, (20_000, 12))
    curves: Floats = np.asarray(1 - np.cumprod(1 - hazard, axis=1), dtype=np.float64)
    came = (curves < draw.random((20_000, 1))).sum(axis=1)
    found = timing(curves, came)
    assert found.covered == pytest.approx(found.claimed, abs=0.01)
    assert found.claimed >= 0.8
    assert found.skill > 0.05
    late = timing(np.asarray(curves**2), came)
    assert late.covered < late.claimed - 0.05
    assert late.crps > found.crps


def test_what_came_early_is_scored_when_its_horizon_is_over() -> None:
    rows = [scored((0.2, 0.5), 3.0, over=False), scored((0.2, 0.5), 3.0), scored((0.2, 0.5), None)]
    found = outcome_record("churn", 2 * WEEK, rows)
    assert (found.early, found.scores.count, found.scores.base_rate) == (1, 2, 0.5)


def test_grades_are_scored_by_rank_and_by_what_the_grade_that_came_was_given() -> None:
    shares, came = np.array([[0.2, 0.5, 0.3], [0.6, 0.3, 0.1]]), np.array([2, 0])
    found = grading(shares, came)
    assert found.rps == pytest.approx((0.2**2 + 0.7**2 + 0.4**2 + 0.1**2) / 4)
    assert found.skill == pytest.approx(1 - found.rps / 0.25)
    assert found.log_loss == pytest.approx(-(math.log(0.3) + math.log(0.6)) / 2)
    assert found.predicted == pytest.approx([0.4, 0.4, 0.2])
    assert found.came == pytest.approx([0.5, 0.0, 0.5])
    near, far = np.array([[0.0, 1.0, 0.0]]), np.array([[1.0, 0.0, 0.0]])
    assert grading(near, np.array([2])).rps < grading(far, np.array([2])).rps


def test_with_two_grades_the_ranked_score_is_the_brier_score() -> None:
    p, y = np.array([0.1, 0.7, 0.4]), np.array([0, 1, 1])
    assert grading(np.stack([1 - p, p], axis=1), y).rps == pytest.approx(brier(p, y))


def test_forecasts_over_which_no_grade_came_are_counted_and_not_scored() -> None:
    said = (
        GradeForecast(grade="low", probability=0.4, at_least=1.0),
        GradeForecast(grade="high", probability=0.6, at_least=0.6),
    )
    rows = [scored((), 1.0, grades=said, grade="high"), scored((), None, grades=said)]
    found = outcome_record("satisfied", WEEK, rows)
    assert (found.ungraded, found.scores.count) == (1, 1)
    assert found.scores.grades is not None
    assert [(each.grade, each.came) for each in found.scores.grades.shares] == [("low", 0.0), ("high", 1.0)]
