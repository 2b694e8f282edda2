"""Correlated errors of observations, from known truth: on one belief, and across beliefs.

Observations of one origin on a belief count as s·Σλ / (1 + (n−1)·ρ); correlation ρ and scale s are fitted together
because each compensates for the other. An error shared across beliefs is a random effect e ~ N(0, τ²) per group,
integrated out by Laplace's approximation over all beliefs of the group (Breslow and Clayton 1993), so a year in which
all polls erred to one side counts as one year and not as many beliefs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse
from scipy.optimize import minimize
from scipy.sparse.linalg import splu
from scipy.special import expit

from beliefgraph.inference.arrays import Bools, Floats, Ints
from beliefgraph.inference.random_effects import averaged
from beliefgraph.inference.stop import check_stopped

MOST_SCALE = 4.0
MOST_DEVIATION = 5.0
"""Upper bound of τ, in nats per observation."""

SCALES_VARY = 0.5
"""Prior standard deviation of ln s."""

STOPS = {"maxiter": 40}
"""Where all origins have the same number of observations, ρ and s are not identified; iterations along the ridge are
cut."""

NEWTON_STEPS = 50
CLOSE = 1e-9
"""Convergence of the mode of a random effect: the largest step, in standard deviations."""


@dataclass(frozen=True)
class SharedErrors:
    """A correlation ρ in [0, 1], a scale s, and the standard deviation τ of errors shared across beliefs, in nats."""

    correlation: float = 1.0
    scale: float = 1.0
    deviation: float = 0.0


COPIES = SharedErrors()
"""Default: observations of one origin count as one, and no error is shared across beliefs."""


@dataclass(frozen=True)
class Observed:
    """Observations of beliefs with known truth.

    One row per origin and belief: the `question` (belief), `rated_sum`, the sum of its log-likelihood ratios after the
    rates of its sources, and `count`, the number of observations. Per question: `rest`, the log-odds from all other
    evidence, and whether it `holds`. One share per row and group with a shared error: its `row`, the number of the
    `group`, and the number of observations (`size`).
    """

    question: Ints
    rated_sum: Floats
    count: Floats
    rest: Floats
    holds: Bools
    row: Ints
    group: Ints
    size: Floats

    def part(self, questions: Bools) -> Observed:
        """The observations of some of the questions."""
        number = np.cumsum(questions) - 1
        rows = questions[self.question]
        place = np.cumsum(rows) - 1
        shares = rows[self.row]
        return Observed(
            number[self.question[rows]], self.rated_sum[rows], self.count[rows], self.rest[questions],
            self.holds[questions], place[self.row[shares]], self.group[shares], self.size[shares],
        )  # fmt: skip

    @property
    def alone(self) -> Observed:
        """The same without errors shared across beliefs."""
        return replace(self, row=self.row[:0], group=self.group[:0], size=self.size[:0])

    def weight(self, errors: SharedErrors) -> Floats:
        """The effective weight of one observation of each row."""
        return errors.scale / (1.0 + np.maximum(self.count - 1.0, 0.0) * errors.correlation)

    def log_odds(self, errors: SharedErrors) -> Floats:
        """The log-odds of every question if no group had an error."""
        return self.rest + np.bincount(self.question, self.rated_sum * self.weight(errors), len(self.rest))

    def reaches(self, errors: SharedErrors) -> sparse.csc_matrix:
        """How far the error of each group moves each question; shape [questions, groups]."""
        moved = self.size * self.weight(errors)[self.row]
        at = (self.question[self.row], self.group)
        return sparse.csc_matrix((moved, at), shape=(len(self.rest), int(self.group.max(initial=-1)) + 1))


def learn_shared_errors(observed: Observed, origins: bool = True) -> SharedErrors:
    """The maximum a posteriori ρ, s and τ, fitted together; τ is 0 where no error is shared across beliefs.

    Without `origins`, observations on one belief are independent: ρ is 0 and s is 1.
    """
    shares = len(observed.row) > 0

    def loss(given: Floats) -> float:
        check_stopped()
        scale = float(np.exp(given[0]))
        deviation = float(np.sqrt(given[2])) if shares else 0.0
        errors = SharedErrors(float(given[1]), scale, deviation)
        return -log_likelihood(observed, errors) + 0.5 * float(given[0] / SCALES_VARY) ** 2

    def slope(given: Floats) -> Floats:
        errors = SharedErrors(float(given[1]), float(np.exp(given[0])))
        side = np.where(observed.holds, 1.0, -1.0)
        effective = observed.rated_sum * observed.weight(errors)
        more = np.maximum(observed.count - 1.0, 0.0)
        pull = -side * expit(-side * observed.log_odds(errors))
        by_row = pull[observed.question] * effective
        beside = -float((by_row * more / (1.0 + more * errors.correlation)).sum())
        return np.array([float(by_row.sum()) + given[0] / SCALES_VARY**2, beside])

    most = float(np.log(MOST_SCALE))
    bounds = [(-most, most), (0.0, 1.0)] if origins else [(0.0, 0.0), (0.0, 0.0)]
    bounds += [(0.0, MOST_DEVIATION**2)] if shares else []
    start = np.array([0.0, 0.3, 0.1])[: len(bounds)]
    found = minimize(loss, start, method="L-BFGS-B", jac=None if shares else slope, bounds=bounds, options=STOPS)
    scale, correlation, variance = (*found.x.tolist(), 0.0)[:3]
    return SharedErrors(correlation, float(np.exp(scale)), float(np.sqrt(variance)))


def log_likelihood(observed: Observed, errors: SharedErrors) -> float:
    """ln P of all known truth, with the errors shared across beliefs integrated out."""
    side, x = np.where(observed.holds, 1.0, -1.0), observed.log_odds(errors)
    if errors.deviation == 0.0 or not len(observed.row):
        return -float(np.logaddexp(0.0, -side * x).sum())
    reach = observed.reaches(errors) * errors.deviation
    one = sparse.identity(reach.shape[1], format="csc")
    effect = np.zeros(reach.shape[1])
    for _ in range(NEWTON_STEPS):
        moved = x + reach @ effect
        sure = expit(moved)
        hessian = splu((one + reach.T @ sparse.diags(sure * (1.0 - sure)) @ reach).tocsc())
        step = hessian.solve(reach.T @ (observed.holds - sure) - effect)
        effect = effect + step
        if np.abs(step).max() < CLOSE:
            break
    log_determinant = float(np.log(np.abs(hessian.U.diagonal())).sum())
    likely = -float(np.logaddexp(0.0, -side * (x + reach @ effect)).sum())
    return likely - 0.5 * float(effect @ effect) - 0.5 * log_determinant


def surprise(observed: Observed, errors: SharedErrors) -> Floats:
    """−ln P of the truth of each question by itself, as a belief is derived."""
    x = observed.log_odds(errors)
    if errors.deviation > 0.0 and len(observed.row):
        deviation = np.sqrt(np.asarray(observed.reaches(errors).power(2).sum(axis=1)).reshape(-1)) * errors.deviation
        x = observed.rest + averaged(x - observed.rest, deviation)
    return np.logaddexp(0.0, -np.where(observed.holds, 1.0, -1.0) * x)
