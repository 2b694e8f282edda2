"""Ridge logistic regression against scikit-learn, and where undamped Newton would overflow."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.logistic import fit


def rows(n: int = 2000, shift: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(3)
    x = draw.normal(size=(n, 4)) * [1.0, 5.0, 0.1, 2.0] + [0.0, 100.0, 3.0, -1.0]
    y = draw.random(n) < 1 / (1 + np.exp(-(shift + x[:, 0] - 0.2 * (x[:, 1] - 100))))
    return x, y.astype(float)


@pytest.mark.parametrize("ridge", [0.1, 1.0, 50.0])
def test_it_is_the_regression_of_another_library(ridge: float) -> None:
    x, y = rows()
    center, scale = x.mean(axis=0), x.std(axis=0)
    other = LogisticRegression(C=1 / ridge, tol=1e-10, max_iter=1000).fit((x - center) / scale, y)
    found = fit(x, y, ridge)
    assert found.slope * scale == pytest.approx(other.coef_[0], abs=1e-5)
    assert found.log_odds(x) == pytest.approx(other.decision_function((x - center) / scale), abs=1e-4)


def test_a_weight_of_two_is_the_row_twice() -> None:
    x, y = rows(300)
    weight = np.where(np.arange(300) < 100, 2.0, 1.0)
    twice = np.concatenate([np.arange(300), np.arange(100)])
    once, other = fit(x, y, 1.0, weight), fit(x[twice], y[twice], 1.0)
    assert once.log_odds(x) == pytest.approx(other.log_odds(x), abs=1e-6)


def test_contributions_add_up_to_the_log_odds() -> None:
    x, y = rows(300)
    found = fit(x, y)
    base, parts = found.contributions(x)
    assert base + parts.sum(axis=1) == pytest.approx(found.log_odds(x))


def test_a_rare_outcome_with_wide_columns_converges() -> None:
    draw = np.random.default_rng(5)
    x = np.exp(3 * draw.normal(size=(5000, 3)))
    y = (draw.random(5000) < 0.002).astype(float)
    found = fit(x, y, 1e-3)
    base = y.mean()
    assert np.isfinite(found.slope).all()
    assert found.log_loss <= -(base * np.log(base) + (1 - base) * np.log1p(-base))


def test_separable_outcomes_stay_finite() -> None:
    x = np.linspace(-1, 1, 50)[:, None]
    assert np.isfinite(fit(x, (x[:, 0] > 0).astype(float)).log_odds(x)).all()


def test_a_constant_column_says_nothing() -> None:
    x, y = rows(300)
    found = fit(np.column_stack([x, np.full(300, 7.0)]), y)
    assert found.slope[-1] == 0.0
    assert found.slope[:-1] == pytest.approx(fit(x, y).slope, abs=1e-8)


@pytest.mark.parametrize(
    ("x", "y"),
    [(np.ones((3, 1)), np.ones(2)), (np.full((2, 1), np.nan), np.ones(2)), (np.ones((2, 1)), np.array([0.0, 2.0]))],
)
def test_bad_input_is_refused(x: np.ndarray, y: np.ndarray) -> None:
    with pytest.raises(Incorrect, match=r"regression needs|Columns are finite"):
        fit(x, y)
