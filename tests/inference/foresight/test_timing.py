"""When something happens: curves from hazards, through horizons, and their quantiles."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import logit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.hazards import States, any_within, columns
from beliefgraph.inference.foresight.logistic import Logistic
from beliefgraph.inference.foresight.timing import by_hazards, quantile, through


def test_the_curve_of_a_hazard_ends_with_the_probability_within_the_horizon() -> None:
    model = Logistic(-2.0, np.array([0.3, -0.8, 0.1, 0.0, 0.0]), np.zeros(5), 0.0)
    state = States(np.array([3.0]), np.array([2.0]), np.array([9.0]), np.zeros((1, 0)))
    periods = np.array([model.log_odds(columns(state.later(k)))[0] for k in range(6)])
    curve = by_hazards(periods)
    assert curve == pytest.approx([any_within(model, state, k)[0] for k in range(1, 7)])
    assert (np.diff(curve) > 0).all()


def test_between_horizons_the_hazard_is_constant_and_at_each_the_probability_is_its_own() -> None:
    curve = through(np.array([2, 5]), np.array([0.19, 0.4096]))
    assert curve[:2] == pytest.approx([0.1, 0.19])
    left = 1 - curve
    assert left[2:] / left[1:-1] == pytest.approx(np.full(3, ((1 - 0.4096) / 0.81) ** (1 / 3)))
    assert curve[-1] == pytest.approx(0.4096)


def test_a_shorter_horizon_that_is_likelier_than_a_longer_one_counts_as_likely_as_that() -> None:
    curve = through(np.array([1, 3]), np.array([0.5, 0.2]))
    assert curve == pytest.approx([0.2, 0.2, 0.2])
    with pytest.raises(Incorrect):
        through(np.array([3, 1]), np.array([0.1, 0.2]))


def test_a_quantile_is_the_first_period_that_is_as_likely_and_beyond_the_horizon_its_length() -> None:
    curve = by_hazards(logit(np.array([0.1, 0.5, 0.2])))  # .1, .55, .64
    assert [int(quantile(curve, share)) for share in (0.1, 0.2, 0.55, 0.6, 0.7)] == [0, 1, 1, 2, 3]
