"""The grid of published confidences, checked over all log-odds that occur."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.services.derivation.grid import STEP, left_prior, on_grid, on_scale, published

LOG_ODDS = st.floats(-60.0, 60.0)


def chance(log_odds: float) -> float:
    return float(1.0 / (1.0 + np.exp(-log_odds)))


@given(LOG_ODDS)
def test_a_published_confidence_is_within_half_a_percentage_point(log_odds: float) -> None:
    assert abs(chance(published(log_odds)) - chance(log_odds)) <= 0.005


@given(LOG_ODDS)
def test_a_published_value_is_published_as_it_is_and_its_opposite_as_the_opposite(log_odds: float) -> None:
    assert published(published(log_odds)) == published(log_odds)
    assert published(-log_odds) == -published(log_odds)


@given(LOG_ODDS, LOG_ODDS)
def test_more_likely_is_never_published_as_less_likely(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert published(low) <= published(high)
    assert np.diff(on_scale(np.array([low, high])))[0] >= 0


def test_whole_percentage_points_up_to_99_and_whole_nats_beyond() -> None:
    points = np.array([0.01, 0.27, 0.5, 0.73, 0.99])
    log_odds = np.log(points) - np.log1p(-points)
    assert np.allclose(on_grid(log_odds), log_odds, atol=1e-6)
    assert on_grid(np.array([5.2, 5.4, 6.4, 6.6, -12.3])).tolist() == [4.59512, 6.0, 6.0, 7.0, -12.0]


def test_a_belief_left_its_prior_once_it_is_more_than_two_points_from_it() -> None:
    prior = np.array([0.3, 0.3, 0.3, 0.995, 0.995])
    now = np.array([0.3199, 0.3201, 0.2799, 0.9970, 0.9999])
    assert STEP == 2.0
    assert left_prior(np.log(now) - np.log1p(-now), prior).tolist() == [False, True, True, False, True]
