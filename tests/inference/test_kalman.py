from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference.kalman import Normal, likelihood, log_likelihood_ratio_above

measurement = st.tuples(
    st.integers(0, 40).map(lambda t: t / 4), st.floats(-20, 20), st.floats(0.1, 5).map(lambda r: round(r, 2))
)
PRIOR = Normal(3.0, 4.0)
AT, DRIFT = 10.0, 0.7


def dense(rows: list[tuple[float, float, float]], prior: Normal, at: float, drift: float) -> Normal:
    """The same by the definition of conditioning: the joint normal of x(at) and all measurements, solved at once.

    Backwards from `at` the walk's variance grows by drift² per unit of time.
    """
    when, value, noise = np.array(rows).T
    back = at - when
    covariance = prior.deviation**2 + drift**2 * np.minimum.outer(back, back) + np.diag(noise**2)
    gain = np.linalg.solve(covariance, np.full(len(rows), prior.deviation**2))
    variance = prior.deviation**2 - gain.sum() * prior.deviation**2
    return Normal(float(prior.mean + gain @ (value - prior.mean)), float(np.sqrt(variance)))


def after(rows: list[tuple[float, float, float]], prior: Normal = PRIOR, at: float = AT) -> Normal:
    measured = likelihood(*np.array(rows).T, at=at, drift=DRIFT)
    assert measured is not None
    return prior.times(measured)


@given(st.lists(measurement, min_size=1, max_size=8))
def test_what_is_believed_is_what_conditioning_says(rows: list[tuple[float, float, float]]) -> None:
    found, expected = after(rows), dense(rows, PRIOR, AT, DRIFT)
    assert found.mean == pytest.approx(expected.mean, abs=1e-8)
    assert found.deviation == pytest.approx(expected.deviation, rel=1e-8)


@given(st.lists(measurement, min_size=1, max_size=8), st.floats(-3, 9))
def test_the_log_likelihood_ratio_is_that_of_the_two_sides(
    rows: list[tuple[float, float, float]], threshold: float
) -> None:
    measured = likelihood(*np.array(rows).T, at=AT, drift=DRIFT)
    assert measured is not None
    found = log_likelihood_ratio_above(PRIOR, measured, threshold)

    def weight(x: float) -> float:
        prior = norm.pdf(x, PRIOR.mean, PRIOR.deviation)
        return float(prior * np.exp(-0.5 * ((x - measured.mean) / measured.deviation) ** 2))

    peak = PRIOR.times(measured)
    low, high = peak.mean - 12 * peak.deviation, peak.mean + 12 * peak.deviation
    if not low < threshold < high or abs(found) > 12:
        return
    above, below = (quad(weight, *ends, epsabs=0, limit=200)[0] for ends in ((threshold, high), (low, threshold)))
    chance = norm.sf(threshold, PRIOR.mean, PRIOR.deviation)
    assert found == pytest.approx(np.log(above / chance) - np.log(below / (1 - chance)), abs=1e-6)


@given(st.lists(measurement, min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_no_bit(rows: list[tuple[float, float, float]], random: object) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert after(rows) == after(shuffled)


def test_a_late_measurement_counts_at_its_own_time() -> None:
    early, late = (2.0, 8.0, 1.0), (9.0, 1.0, 1.0)
    assert after([late, early]) == after([early, late])
    assert after([early, late], at=5.0) == after([early], at=5.0)  # nothing is known before it was measured


def test_the_prior_comes_back_when_nothing_is_measured_any_more() -> None:
    odds = [
        log_likelihood_ratio_above(PRIOR, likelihood([0.0], [12.0], [1.0], at=t, drift=DRIFT), 5.0)
        for t in (0, 10, 1e3, 1e8)
    ]
    assert odds[0] > odds[1] > odds[2] > odds[3] > 0
    assert odds[3] == pytest.approx(0, abs=1e-4)


def test_nothing_measured_says_nothing() -> None:
    assert likelihood([], [], [], at=0.0, drift=1.0) is None
    assert likelihood([3.0], [1.0], [1.0], at=2.0, drift=1.0) is None
    assert log_likelihood_ratio_above(PRIOR, None, 5.0) == 0.0


def test_a_quantity_that_does_not_drift_is_averaged_by_precision() -> None:
    measured = likelihood([0.0, 1.0], [4.0, 10.0], [1.0, 2.0], at=50.0, drift=0.0)
    assert measured is not None
    assert measured.mean == pytest.approx((4.0 + 10.0 / 4) / (1 + 1 / 4))
    assert measured.deviation == pytest.approx((1 + 1 / 4) ** -0.5)


def test_a_sure_answer_stays_finite_and_within_its_bound() -> None:
    assert log_likelihood_ratio_above(PRIOR, Normal(1e6, 0.1), 5.0) == 30.0
    assert log_likelihood_ratio_above(PRIOR, Normal(-1e6, 0.1), 5.0) == -30.0
    assert Normal(0.0, 1.0).log_odds_above(40.0) == pytest.approx(-804.6, abs=0.1)  # a tail of 1e-349


@pytest.mark.parametrize(
    ("when", "value", "deviation", "drift"),
    [
        ([0.0], [1.0], [0.0], 1.0),
        ([0.0], [np.nan], [1.0], 1.0),
        ([0.0, 1.0], [1.0], [1.0], 1.0),
        ([0.0], [1.0], [1.0], -1.0),
    ],
)
def test_what_is_no_measurement_is_refused(
    when: list[float], value: list[float], deviation: list[float], drift: float
) -> None:
    with pytest.raises(BeliefgraphError) as refused:
        likelihood(when, value, deviation, at=5.0, drift=drift)
    assert refused.value.code == "invalid-input"


def test_a_quantity_without_spread_is_refused() -> None:
    with pytest.raises(BeliefgraphError):
        Normal(1.0, 0.0)
