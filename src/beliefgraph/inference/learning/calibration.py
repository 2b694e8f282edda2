"""Calibration: from derived log-odds to log-odds that match observed frequencies.

*Platt*: slope·L + intercept, by maximum likelihood with smoothed targets (J. Platt, Probabilistic outputs for support
vector machines, 1999). *Isotonic*: pool adjacent violators, the steps joined by straight lines between their midpoints.
Later, held-out rows decide which is used, if any.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.optimize import isotonic_regression, minimize

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats, floats

CalibrationKind = Literal["identity", "platt", "isotonic"]

PLATT_FROM = 200
"""Minimum number of labels for any fit: two parameters overfit fewer."""
ISOTONIC_FROM = 1_000
"""Minimum number of labels for isotonic regression."""
FITTED = 0.7
"""Share of the rows, the earlier ones, that candidates are fitted to."""
FLATTEST, STEEPEST = 0.05, 20.0
"""Bounds on the slope of the Platt line; it is never flat, so the order of beliefs is kept."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """A non-decreasing map from log-odds to log-odds.

    It is linear between its `knots` ([K, 2], from and to, ascending) and continues with `slope` beyond the first and
    the last. Without knots it is the identity.
    """

    kind: CalibrationKind
    knots: tuple[tuple[float, float], ...] = ()
    slope: float = 1.0

    def __call__(self, log_odds: npt.ArrayLike) -> Floats:
        """The calibrated log-odds; the same shape."""
        given = floats("log_odds", log_odds)
        if not self.knots:
            return given.copy()
        start, to = np.array(self.knots).T
        beyond = np.minimum(given - start[0], 0.0) + np.maximum(given - start[-1], 0.0)
        return np.asarray(np.interp(given, start, to) + self.slope * beyond)


IDENTITY = Calibration("identity")


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen calibration: `fitted` rows were used for the candidates, `held_out` later ones for the choice.

    `log_loss` is the mean log loss of each candidate on the held-out rows, in nats.
    """

    calibration: Calibration
    fitted: int
    held_out: int
    log_loss: dict[CalibrationKind, float]


def calibration_of(log_odds: npt.ArrayLike, happened: npt.ArrayLike) -> Choice:
    """The best of identity, Platt (from PLATT_FROM labels) and isotonic (from ISOTONIC_FROM), for rows by time.

    Candidates are fitted to the first FITTED of the rows and scored on the rest, so the chosen one is never worse there
    than the identity. It is not refitted. Raises `invalid-input`.
    """
    given, outcome = _labels(log_odds, happened)
    fitted = round(FITTED * len(given))
    candidates = [IDENTITY]
    early, later = outcome[:fitted], outcome[fitted:]
    if len(given) >= PLATT_FROM and 0 < early.sum() < len(early):
        candidates.append(platt(given[:fitted], early))
        if len(given) >= ISOTONIC_FROM:
            candidates.append(isotonic(given[:fitted], early))
    losses = {each.kind: _log_loss(each(given[fitted:]), later) for each in candidates}
    best = min(candidates, key=lambda each: losses[each.kind])  # the first of equals: the simplest
    return Choice(best, fitted, len(later), losses)


def platt(log_odds: npt.ArrayLike, happened: npt.ArrayLike) -> Calibration:
    """The line slope·L + intercept, with a slope between FLATTEST and STEEPEST. Raises `invalid-input`."""
    given, outcome = _labels(log_odds, happened)
    ones = float(outcome.sum())
    target = np.where(outcome, (ones + 1.0) / (ones + 2.0), 1.0 / (len(outcome) - ones + 2.0))

    def loss(line: Floats) -> tuple[float, Floats]:
        fitted = line[0] * given + line[1]
        off = 1.0 / (1.0 + np.exp(-fitted)) - target
        return float((np.logaddexp(0.0, fitted) - target * fitted).mean()), np.array([off @ given, off.sum()]) / len(
            given
        )

    found = minimize(loss, [1.0, 0.0], jac=True, method="L-BFGS-B", bounds=[(FLATTEST, STEEPEST), (None, None)])
    slope, intercept = found.x.tolist()
    return Calibration("platt", ((0.0, intercept),), slope)


def isotonic(log_odds: npt.ArrayLike, happened: npt.ArrayLike) -> Calibration:
    """Isotonic regression as a piecewise linear map, constant beyond its ends. Raises `invalid-input`.

    Every step is smoothed by two rows at the overall rate, so none is certain.
    """
    given, outcome = _labels(log_odds, happened)
    place, row, count = np.unique(given, return_inverse=True, return_counts=True)
    first = isotonic_regression(np.bincount(row, outcome) / count, weights=count).blocks[:-1]
    weight = np.add.reduceat(count.astype(np.float64), first)
    middle = np.add.reduceat(place * count, first) / weight
    ones = np.add.reduceat(np.bincount(row, outcome), first)
    rate = (outcome.sum() + 1.0) / (len(outcome) + 2.0)
    step = isotonic_regression((ones + 2.0 * rate) / (weight + 2.0), weights=weight).x
    return Calibration(
        "isotonic", tuple(zip(middle.tolist(), (np.log(step) - np.log1p(-step)).tolist(), strict=True)), 0.0
    )


def _labels(log_odds: npt.ArrayLike, happened: npt.ArrayLike) -> tuple[Floats, Bools]:
    given, outcome = floats("log_odds", log_odds), floats("happened", happened)
    if given.ndim != 1 or given.shape != outcome.shape or not given.size:
        raise Incorrect("invalid-input", "There is one outcome for each log-odds, and at least one.")
    if not ((outcome == 0.0) | (outcome == 1.0)).all():
        raise Incorrect("invalid-input", "What happened is 1, and what did not is 0.", field="happened")
    return given, np.asarray(outcome == 1.0)


def _log_loss(log_odds: Floats, happened: Bools) -> float:
    return float(np.logaddexp(0.0, np.where(happened, -log_odds, log_odds)).mean()) if len(log_odds) else 0.0
