"""The scores against numbers worked by hand: four forecasts, .9 .6 .4 .2, of which the first and third happened."""

from __future__ import annotations

import math

import numpy as np
import pytest

from beliefgraph.services.learning import scoring

P = [0.9, 0.6, 0.4, 0.2]
Y = [1, 0, 1, 0]


def test_accuracy_counts_what_was_called_right() -> None:
    assert scoring.accuracy(P, Y) == 2 / 4  # .9 and .2


def test_one_half_is_half_right_whatever_happens() -> None:
    assert scoring.accuracy([0.5, 0.5, 0.9], [1, 0, 1]) == 2 / 3


def test_brier_is_the_mean_square() -> None:
    assert scoring.brier(P, Y) == pytest.approx((0.01 + 0.36 + 0.36 + 0.04) / 4)


def test_the_brier_score_of_two_classes_counts_each_error_twice() -> None:
    assert scoring.brier_of_classes([[0.3, 0.7]], [[0, 1]]) == pytest.approx(0.3**2 + 0.3**2)


def test_log_loss_is_the_mean_surprise() -> None:
    assert scoring.log_loss(P, Y) == pytest.approx(-(math.log(0.9) + 2 * math.log(0.4) + math.log(0.8)) / 4)


def test_a_certain_error_costs_much_but_not_everything() -> None:
    assert scoring.log_loss([1.0], [0]) == pytest.approx(-math.log(1e-15))


def test_auc_counts_the_pairs_in_the_right_order() -> None:
    # of the pairs (.9, .6) (.9, .2) (.4, .6) (.4, .2) three are in order
    assert scoring.auc(P, Y) == 3 / 4


def test_ties_are_half_in_order() -> None:
    assert scoring.auc([0.5, 0.5, 0.5], [1, 0, 1]) == 0.5


def test_auc_has_no_value_if_everything_happened() -> None:
    assert math.isnan(scoring.auc([0.2, 0.3], [1, 1]))


def test_auc_agrees_with_counting_all_pairs() -> None:
    rng = np.random.default_rng(7)
    p, y = rng.integers(0, 20, 200) / 20, rng.integers(0, 2, 200)
    ones, zeros = p[y == 1], p[y == 0]
    pairs = (ones[:, None] > zeros).sum() + 0.5 * (ones[:, None] == zeros).sum()
    assert scoring.auc(p, y) == pytest.approx(pairs / (len(ones) * len(zeros)))


def test_ece_is_the_mean_gap_between_predicted_and_observed() -> None:
    # the bin of .62 and .68 says .65 and half of them happened; the bin of .05 says .05 and it did not
    assert scoring.ece([0.62, 0.68, 0.05], [1, 0, 0]) == pytest.approx((2 * 0.15 + 0.05) / 3)


def test_certainty_falls_into_the_last_bin() -> None:
    found = scoring.bins([1.0, 0.95], [1, 1])
    assert found.count.tolist() == [0] * 9 + [2]
    assert np.isnan(found.predicted[0])


def test_the_ece_of_answers_looks_at_the_likelier_class() -> None:
    # .1 is the answer "no" with .9, and right; .7 is the answer "yes" and wrong
    assert scoring.ece_of_answers([[0.9, 0.1], [0.3, 0.7]], [[1, 0], [1, 0]]) == pytest.approx((0.1 + 0.7) / 2)


def test_confidences_that_come_true_as_often_as_they_say_score_no_calibration_error() -> None:
    assert scoring.ece([0.25] * 4 + [0.75] * 4, [1, 0, 0, 0, 1, 1, 1, 0]) == 0


@pytest.mark.parametrize(("p", "y"), [([], []), ([0.5], [1, 0]), ([1.2], [1]), ([float("nan")], [1])])
def test_what_is_no_forecast_is_refused(p: list[float], y: list[int]) -> None:
    with pytest.raises(ValueError, match=r"probability|probabilities"):
        scoring.score(p, y)
