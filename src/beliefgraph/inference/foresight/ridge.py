"""Ridge regression for graded outcomes: a penalty chosen by leave-one-out, a median, and prediction intervals.

With x centred and xᵀx = V diag(w) Vᵀ every penalty is one division, and the forecast for a row without that row is
y − e / (1 − h), with its residual e and leverage h = 1/n + Σ (x V)² / (w + penalty). The leave-one-out residuals are
used twice: their median is added, because most scores of graded answers are about absolute errors; and their quantiles
are the bounds of an interval (the jackknife's), whose coverage does not depend on the distribution of the errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats

PENALTIES = (30.0, 100.0, 200.0, 300.0, 500.0, 800.0, 1500.0, 3000.0)


@dataclass(frozen=True, eq=False)
class Decomposed:
    """Rows prepared for regressions of several outcomes: their `center`, and V, w and x V."""

    center: Floats
    basis: Floats
    values: Floats
    rows: Floats

    @classmethod
    def of(cls, x: Floats) -> Decomposed:
        """The decomposition of rows, shape [rows, columns]. Raises `invalid-input`."""
        if x.ndim != 2 or len(x) < 3 or not np.isfinite(x).all():
            raise Incorrect("invalid-input", "A regression needs at least three rows of finite columns.")
        center = x.mean(axis=0)
        centred = x - center
        values, basis = np.linalg.eigh(centred.T @ centred)
        return cls(center, basis, np.maximum(values, 0.0), centred @ basis)


@dataclass(frozen=True, eq=False)
class Ridge:
    """A fitted regression: expected = intercept + x · slope.

    Also the chosen penalty, and the leave-one-out residuals, ascending.
    """

    intercept: float
    slope: Floats
    penalty: float
    left_out: Floats

    def expected(self, x: Floats) -> Floats:
        """The expected value of each row."""
        return np.asarray(x @ self.slope + self.intercept)

    def median(self, x: Floats) -> Floats:
        """The median of each row."""
        return self.expected(x) + float(np.median(self.left_out))

    def interval(self, x: Floats, share: float) -> tuple[Floats, Floats]:
        """The bounds between which each row's outcome lies with this probability."""
        if not 0 < share < 1:
            raise Incorrect("invalid-input", "The share of an interval lies between 0 and 1.", share=share)
        n = len(self.left_out)
        low = max(int(np.floor((n + 1) * (1 - share) / 2)) - 1, 0)
        middle = self.expected(x)
        return middle + self.left_out[low], middle + self.left_out[n - 1 - low]


def fit(rows: Decomposed, y: Floats, penalties: Sequence[float] = PENALTIES) -> Ridge:
    """Fit an outcome with the penalty that has the least squared leave-one-out error. Raises `invalid-input`."""
    if y.shape != (len(rows.rows),) or not np.isfinite(y).all():
        raise Incorrect("invalid-input", "There is one finite outcome for each row.")
    if not penalties or not all(penalty > 0 for penalty in penalties):
        raise Incorrect("invalid-input", "There is at least one penalty, and each is positive.")
    mean = float(y.mean())
    along, squares = rows.rows.T @ (y - mean), rows.rows**2
    best, chosen, error = np.empty(0), penalties[0], np.inf
    for penalty in penalties:
        shrunk = 1.0 / (rows.values + penalty)
        left_out = (y - mean - rows.rows @ (along * shrunk)) / (1.0 - 1.0 / len(y) - squares @ shrunk)
        found = float(left_out @ left_out)
        if found < error:
            best, chosen, error = left_out, penalty, found
    slope = rows.basis @ (along / (rows.values + chosen))
    return Ridge(mean - float(rows.center @ slope), slope, chosen, np.sort(best))
