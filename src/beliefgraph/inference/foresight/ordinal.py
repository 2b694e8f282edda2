"""Ridge proportional-odds regression: the probabilities of K ordered grades, by damped Newton steps.

    ln P(grade ≥ g) / P(grade < g) = c_g + w·z, g = 1 … K − 1, z standardised columns.

The columns shift the log-odds of every threshold equally, so a contribution is one number for all grades. It minimises
−Σ ln P(observed grade) + ridge/2 · ‖w‖²; thresholds are not penalised, and descend. With K = 2 it is the logistic
regression of `logistic.py`. Source: McCullagh (1980), Regression models for ordinal data.

With a = c_y + η and b = c_{y+1} + η, P(y) = σ(a) − σ(b) = σ(a) σ(−b) (1 − e^{b−a}), which is numerically stable; and
with r = 1 / (e^{a−b} − 1) its logarithm has the derivatives σ(−a) + r in a and −σ(b) − r in b.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, log_expit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.foresight.logistic import CLOSE, MAX_HALVINGS, MAX_STEPS, without_constants


@dataclass(frozen=True, eq=False)
class Ordinal:
    """A fitted regression on raw columns: grade g or higher has the log-odds `intercept[g − 1]` + x · slope."""

    intercept: Floats
    slope: Floats
    center: Floats

    def log_odds(self, x: Floats) -> Floats:
        """The log-odds of each grade or higher, except for the lowest, shape [rows, grades − 1]."""
        return np.asarray(self.intercept + (x @ self.slope)[:, None])


def shares(log_odds: Floats) -> Floats:
    """The probability of every grade given the log-odds of each or higher, shape [..., K − 1] to [..., K]."""
    return np.exp(log_shares(log_odds))


def log_shares(log_odds: Floats) -> Floats:
    """The log of the probability of every grade, shape [..., K − 1] to [..., K]."""
    edge = np.full((*log_odds.shape[:-1], 1), np.inf)
    every = np.concatenate([edge, log_odds, -edge], axis=-1)
    above, below = every[..., :-1], every[..., 1:]
    with np.errstate(divide="ignore"):
        return np.asarray(log_expit(above) + log_expit(-below) + np.log(-np.expm1(below - above)))


def fit(x: Floats, grade: Ints, grades: int, ridge: float = 1.0) -> Ordinal:
    """Fit the grade of each row, 0 to `grades` − 1, on the columns of `x`, shape [rows, columns].

    A grade without rows counts as half a row at the mean of all columns. Raises `invalid-input`.
    """
    if x.ndim != 2 or not len(x) or grade.shape != (len(x),) or grades < 2:
        raise Incorrect("invalid-input", "A regression needs rows of columns, a grade for each, and two grades.")
    if not (np.isfinite(x).all() and ((grade >= 0) & (grade < grades)).all() and ridge >= 0):
        raise Incorrect("invalid-input", "Columns are finite, grades are of those there are, and ridge is at least 0.")
    center = x.mean(axis=0)
    scale = without_constants(x.std(axis=0), center)
    missing = np.setdiff1d(np.arange(grades), grade)
    z = np.concatenate([(x - center) / scale, np.zeros((len(missing), x.shape[1]))])
    y = np.concatenate([grade, missing])
    weight = np.concatenate([np.ones(len(x)), np.full(len(missing), 0.5)])
    higher = np.bincount(y, weight)[::-1].cumsum()[::-1][1:] / weight.sum()
    beta = np.concatenate([np.log(higher) - np.log1p(-higher), np.zeros(z.shape[1])])
    penalty = np.concatenate([np.zeros(grades - 1), np.full(z.shape[1], ridge)])

    def loss(at: Floats) -> float:
        given = log_shares(at[: grades - 1] + (z @ at[grades - 1 :])[:, None])[np.arange(len(z)), y]
        found = -float(weight @ given) + 0.5 * float(penalty @ at**2)
        return found if np.isfinite(found) else np.inf  # thresholds that do not descend give NaN

    value = loss(beta)
    for _ in range(MAX_STEPS):
        gradient, hessian = _derivatives(beta[: grades - 1], z @ beta[grades - 1 :], z, y, weight)
        gradient += penalty * beta
        hessian.flat[:: len(beta) + 1] += penalty + 1e-9 * (1.0 + len(z))
        step = -cho_solve(cho_factor(hessian), gradient)
        size = 1.0
        for _ in range(MAX_HALVINGS):
            found = loss(beta + size * step)
            if found <= value:
                break
            size /= 2
        else:
            break
        beta, value = beta + size * step, found
        if -float(gradient @ step) / 2 < CLOSE * len(z):
            break
    slope = beta[grades - 1 :] / scale
    return Ordinal(beta[: grades - 1] - center @ slope, slope, center)


def _derivatives(threshold: Floats, along: Floats, z: Floats, y: Ints, weight: Floats) -> tuple[Floats, Floats]:
    """The gradient and the Hessian of the loss in thresholds and slopes, without the penalty."""
    edges = np.concatenate([[np.inf], threshold, [-np.inf]])
    above, below = edges[y] + along, edges[y + 1] + along
    with np.errstate(over="ignore"):
        apart = 1.0 / np.expm1(edges[y] - edges[y + 1])  # 0 for the lowest and the highest grade
    pull_above, pull_below = weight * (expit(-above) + apart), weight * (expit(below) + apart)
    bend_above, bend_below = expit(above) * expit(-above), expit(below) * expit(-below)
    between = weight * apart * (1.0 + apart)
    size, grades = len(threshold) + z.shape[1], len(threshold) + 1
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    gradient[: grades - 1] = np.bincount(y, pull_below, grades)[:-1] - np.bincount(y, pull_above, grades)[1:]
    gradient[grades - 1 :] = z.T @ (weight * (expit(below) - expit(-above)))
    own = np.bincount(y, weight * bend_above + between, grades)[1:]
    own += np.bincount(y, weight * bend_below + between, grades)[:-1]
    place = np.arange(grades - 1)
    hessian[place, place] = own
    beside = -np.bincount(y, between, grades)[1:-1]
    hessian[place[:-1], place[1:]] = hessian[place[1:], place[:-1]] = beside
    for number in place:
        cross = weight * (bend_above * (y == number + 1) + bend_below * (y == number))
        hessian[number, grades - 1 :] = hessian[grades - 1 :, number] = z.T @ cross
    hessian[grades - 1 :, grades - 1 :] = (z * (weight * (bend_above + bend_below))[:, None]).T @ z
    return gradient, hessian
