"""Ridge regression against scikit-learn, rows left out against fitting without them, and intervals that cover."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Other

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.ridge import Decomposed, fit


def rows(n: int = 60, seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n, 5)) * [1.0, 2.0, 0.5, 1.0, 3.0] + 2.0
    return x, x[:, 0] - 0.5 * x[:, 1] + draw.exponential(2.0, n)


@pytest.mark.parametrize("penalty", [0.5, 30.0])
def test_it_is_the_regression_of_another_library(penalty: float) -> None:
    x, y = rows()
    other = Other(alpha=penalty).fit(x, y)
    found = fit(Decomposed.of(x), y, [penalty])
    assert found.slope == pytest.approx(other.coef_)
    assert found.expected(x) == pytest.approx(other.predict(x))


def test_a_row_left_out_is_forecast_as_if_it_had_never_been() -> None:
    x, y = rows(20)
    left_out = []
    for out in range(20):
        kept = np.arange(20) != out
        # The centre moves with the row: the penalty is on slopes alone, as in the whole fit.
        left_out.append(y[out] - Other(alpha=3.0).fit(x[kept], y[kept]).predict(x[[out]])[0])
    assert fit(Decomposed.of(x), y, [3.0]).left_out == pytest.approx(np.sort(left_out))


def test_the_penalty_is_the_one_that_errs_least_on_rows_left_out() -> None:
    x, y = rows()
    errors = {penalty: (fit(Decomposed.of(x), y, [penalty]).left_out ** 2).sum() for penalty in (1.0, 30.0, 1000.0)}
    assert fit(Decomposed.of(x), y, list(errors)).penalty == min(errors, key=lambda penalty: errors[penalty])


def test_the_median_is_below_the_mean_where_errors_are_skewed() -> None:
    x, y = rows(400)
    found = fit(Decomposed.of(x), y, [1.0])
    fresh_x, fresh_y = rows(4000, seed=5)
    assert (found.median(fresh_x) < found.expected(fresh_x)).all()
    assert np.abs(fresh_y - found.median(fresh_x)).mean() < np.abs(fresh_y - found.expected(fresh_x)).mean()


@pytest.mark.parametrize("share", [0.5, 0.8, 0.95])
def test_intervals_cover_whatever_the_shape_of_the_errors(share: float) -> None:
    x, y = rows(400)
    fresh_x, fresh_y = rows(8000, seed=6)
    low, high = fit(Decomposed.of(x), y).interval(fresh_x, share)
    assert ((low <= fresh_y) & (fresh_y <= high)).mean() == pytest.approx(share, abs=0.035)


def test_bad_input_is_refused() -> None:
    x, y = rows()
    with pytest.raises(Incorrect, match="at least three rows"):
        Decomposed.of(x[:2])
    with pytest.raises(Incorrect, match="one finite outcome"):
        fit(Decomposed.of(x), y[:-1])
    with pytest.raises(Incorrect, match="at least one penalty"):
        fit(Decomposed.of(x), y, [0.0])
    with pytest.raises(Incorrect, match="share of an interval"):
        fit(Decomposed.of(x), y).interval(x, 1.0)
