"""Ridge logistic regression by damped Newton steps: P(y = 1 | x) = 1 / (1 + exp(−(b + w·z))), z standardised x.

It minimises Σ weight · log loss + ridge/2 · ‖w‖²; the intercept b is not penalised. A step that does not decrease this
is halved: undamped, Newton overflows for rare outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats

MAX_STEPS = 50
MAX_HALVINGS = 30
CLOSE = 1e-10
"""Convergence: the expected decrease of the loss by a step, per unit of weight."""


@dataclass(frozen=True, eq=False)
class Logistic:
    """A fitted regression on raw columns: log-odds = intercept + x · slope. `center` is the mean of each column."""

    intercept: float
    slope: Floats
    center: Floats
    log_loss: float

    def log_odds(self, x: Floats) -> Floats:
        """The log-odds of each row of `x`, shape [rows, columns]."""
        return np.asarray(x @ self.slope + self.intercept)

    def contributions(self, x: Floats) -> tuple[float, Floats]:
        """The log-odds at the mean of every column, and the contribution of each column of each row."""
        return float(self.intercept + self.center @ self.slope), (x - self.center) * self.slope


def fit(x: Floats, y: Floats, ridge: float = 1.0, weight: Floats | None = None) -> Logistic:
    """Fit `y` (0 to 1) on the columns of `x`, shape [rows, columns]. Raises `invalid-input`."""
    w = np.ones(len(x)) if weight is None else weight
    _check(x, y, w, ridge)
    total = float(w.sum())
    center = w @ x / total
    scale = np.sqrt(np.maximum(w @ (x * x) / total - center**2, 0.0))
    scale = without_constants(scale, center)
    z = np.empty((len(x), x.shape[1] + 1))
    z[:, 0] = 1.0
    z[:, 1:] = (x - center) / scale
    penalty = np.full(z.shape[1], ridge)
    penalty[0] = 0.0
    rate = min(max(float(w @ y) / total, 1e-9), 1 - 1e-9)
    beta = np.zeros(z.shape[1])
    beta[0] = np.log(rate / (1 - rate))
    eta = np.full(len(z), beta[0])
    loss = _loss(eta, y, w)
    for _ in range(MAX_STEPS):
        p = expit(eta)
        gradient = z.T @ (w * (p - y)) + penalty * beta
        curvature = w * p * (1 - p)
        hessian = (z * curvature[:, None]).T @ z + np.diag(penalty)
        hessian.flat[:: len(beta) + 1] += 1e-9 * (1.0 + total)
        step = -cho_solve(cho_factor(hessian), gradient)
        along = z @ step
        value = loss + 0.5 * float(penalty @ beta**2)
        size = 1.0
        for _ in range(MAX_HALVINGS):
            found, at = _loss(eta + size * along, y, w), beta + size * step
            if found + 0.5 * float(penalty @ at**2) <= value:
                break
            size /= 2
        else:
            break
        beta, eta, loss = at, eta + size * along, found
        if -float(gradient @ step) / 2 < CLOSE * total:
            break
    slope = beta[1:] / scale
    return Logistic(float(beta[0] - center @ slope), slope, center, loss / total)


def without_constants(scale: Floats, center: Floats) -> Floats:
    """The standard deviations of columns, infinite for a constant one, so that it has no effect; shape [columns]."""
    return np.where(scale <= 1e-12 * (1.0 + np.abs(center)), np.inf, scale)


def _loss(eta: Floats, y: Floats, weight: Floats) -> float:
    """Σ weight · (ln(1 + e^η) − y·η)."""
    return float(weight @ (np.maximum(eta, 0.0) - y * eta + np.log1p(np.exp(-np.abs(eta)))))


def _check(x: Floats, y: Floats, weight: Floats, ridge: float) -> None:
    if x.ndim != 2 or not len(x) or y.shape != (len(x),) or weight.shape != (len(x),):
        raise Incorrect("invalid-input", "A regression needs rows of columns, and one outcome and weight for each row.")
    if not (np.isfinite(x).all() and ((y >= 0) & (y <= 1)).all() and (weight >= 0).all() and weight.sum() > 0):
        raise Incorrect("invalid-input", "Columns are finite, outcomes lie in [0, 1], and weights are not negative.")
    if not ridge >= 0:
        raise Incorrect("invalid-input", "The ridge penalty is not negative.")
