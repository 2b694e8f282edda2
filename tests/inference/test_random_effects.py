"""Errors shared across beliefs: what one belief is heard with, against integration; their size comes back."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from beliefgraph.errors import Incorrect
from beliefgraph.inference import combine
from beliefgraph.inference.random_effects import averaged
from beliefgraph.inference.reliability import Observed, SharedErrors, learn_shared_errors, surprise
from beliefgraph.inference.reliability.shared import log_likelihood

NONE = np.zeros(0, np.int64)


@pytest.mark.parametrize("deviation", [0.05, 0.4, 0.99, 1.0, 3.0, 20.0])
def test_a_word_is_averaged_over_the_error_it_shares_as_integration_has_it(deviation: float) -> None:
    words = np.array([-25.0, -6.0, -0.3, 0.2, 2.0, 9.0])
    found = averaged(words, np.full(len(words), deviation))
    for h, combined in zip(words.tolist(), found.tolist(), strict=True):
        middle = max(-9.0, min(9.0, -h / deviation))
        yes, no = (
            quad(
                lambda z, side=side, h=h: expit(side * (h + deviation * z)) * norm.pdf(z),
                -40, 40, points=[middle, -deviation, 0.0, deviation], limit=500, epsabs=0, epsrel=1e-12,
            )[0]
            for side in (1, -1)
        )  # fmt: skip
        assert combined == pytest.approx(np.log(yes / no), rel=1e-9)
        assert abs(combined) < abs(h)


def test_no_shared_error_changes_no_bit_and_an_enormous_one_leaves_next_to_nothing() -> None:
    words = np.array([-40.0, 0.1, 7.0])
    assert (averaged(words, np.zeros(3)) == words).all()
    assert np.abs(averaged(words, np.full(3, 1e9))).max() < 0.25


def combined(llr: list[float], effect: list[int], deviation: float) -> float:
    n = len(llr)
    found = combine(
        np.zeros(n, int), np.arange(n), llr, np.zeros(n), np.full(n, np.inf),
        beliefs=1, origin=0, correlation=0.25, scale=1.5, effect=effect, deviation=deviation,
    )  # fmt: skip
    assert found.contribution.sum() == pytest.approx(found.log_likelihood[0], abs=1e-8)
    return float(found.log_likelihood[0])


def test_groups_that_err_by_themselves_add_their_variances_and_one_group_its_deviations() -> None:
    llr, weight = [2.0, 1.0, 1.0], 1.5 / 1.5
    one = combined(llr, [7, 7, 7], 0.6)
    three = combined(llr, [7, 8, 9], 0.6)
    assert one == pytest.approx(averaged(np.array([4.0 * weight]), np.array([3 * 0.6 * weight]))[0], abs=1e-8)
    assert three == pytest.approx(averaged(np.array([4.0 * weight]), np.array([3**0.5 * 0.6 * weight]))[0], abs=1e-8)
    assert one < three < combined(llr, [7, 8, 9], 0.0)


def test_one_shared_error_with_two_deviations_is_refused() -> None:
    with pytest.raises(Incorrect, match="one deviation"):
        combine([0, 0], [1, 2], [1.0, 1.0], [0, 0], [np.inf, np.inf], beliefs=1, effect=3, deviation=[0.5, 0.6])


def races(years: int, each: int, deviation: float, seed: int, houses: int = 0) -> Observed:
    """Races of several polls, whose log-likelihood ratios are all off by what their year, or house, errs."""
    rng = np.random.default_rng(seed)
    n = years * each
    group = rng.integers(0, houses, n) if houses else np.repeat(np.arange(years), each)
    size = rng.integers(1, 6, n).astype(np.float64)
    error = rng.normal(0.0, deviation, houses or years)
    said = rng.normal(0.0, 1.5, n) * size
    holds = rng.random(n) < expit((said + size * error[group]) / (1 + (size - 1) * 0.3))
    at = np.arange(n)
    return Observed(at, said, size, np.zeros(n), holds, at, group, size)


def test_what_years_share_is_integrated_out_over_all_their_beliefs() -> None:
    observed, errors = races(6, 30, 0.5, 1), SharedErrors(0.3, 1.0, 0.5)
    weight = observed.weight(errors)
    total = 0.0
    for year in range(6):
        here = observed.group == year
        side = np.where(observed.holds[here], 1.0, -1.0)

        def both(z: float, here: np.ndarray = here, side: np.ndarray = side) -> float:
            x = observed.rated_sum[here] * weight[here] + observed.size[here] * weight[here] * 0.5 * z
            return float(np.prod(2 * expit(side * x)) * norm.pdf(z))

        total += np.log(quad(both, -9, 9, limit=400, epsrel=1e-10)[0]) - here.sum() * np.log(2.0)
    assert log_likelihood(observed, errors) == pytest.approx(total, abs=0.05)


def test_the_size_of_what_years_share_comes_back_with_scale_and_correlation() -> None:
    found = learn_shared_errors(races(60, 40, 0.5, 2))
    assert found.deviation == pytest.approx(0.5, abs=0.12)
    assert found.scale == pytest.approx(1.0, abs=0.15)
    assert found.correlation == pytest.approx(0.3, abs=0.1)


def test_what_houses_share_in_crossed_years_comes_back() -> None:
    assert learn_shared_errors(races(40, 30, 0.6, 3, houses=30)).deviation == pytest.approx(0.6, abs=0.2)


def test_where_nothing_is_shared_next_to_nothing_is_learned() -> None:
    assert learn_shared_errors(races(40, 30, 0.0, 4)).deviation < 0.15


def test_a_belief_by_itself_is_as_likely_as_it_is_derived() -> None:
    observed, errors = races(4, 10, 0.7, 5), SharedErrors(0.3, 1.2, 0.7)
    found = surprise(observed, errors)
    n = len(observed.rest)
    derived = combine(
        observed.question, observed.question, observed.rated_sum, np.zeros(n), np.full(n, np.inf), beliefs=n, origin=0,
        correlation=0.0, scale=observed.weight(errors), effect=observed.group,
        deviation=0.7 * observed.size[0],
    ).log_likelihood  # fmt: skip
    first = np.where(observed.holds[0], 1.0, -1.0) * derived[0]
    assert found[0] == pytest.approx(np.logaddexp(0.0, -first), abs=1e-8)
