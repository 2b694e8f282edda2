"""Scores of probabilities against what happened. Plain formulas on arrays of equal length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

BINS = 10
"""Bins of equal width over [0, 1] for calibration; the last includes its upper end."""

CLOSEST = 1e-15
"""Lower bound on a probability in the log loss, so that one confident error is not infinite."""


@dataclass(frozen=True)
class Bins:
    """Probabilities in bins: count, mean probability and observed frequency. Empty bins have NaN for both means."""

    count: npt.NDArray[np.int64]
    predicted: Floats
    happened: Floats


@dataclass(frozen=True)
class Scores:
    """The five scores of binary forecasts, and the number of forecasts."""

    n: int
    accuracy: float
    brier: float
    log_loss: float
    auc: float
    ece: float


def score(p: npt.ArrayLike, happened: npt.ArrayLike) -> Scores:
    """All scores of probabilities `p`, given whether it `happened`."""
    p, y = _checked(p, happened)
    return Scores(len(p), accuracy(p, y), brier(p, y), log_loss(p, y), auc(p, y), ece(p, y))


def accuracy(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """The share classified correctly; a probability of one half counts as half correct."""
    p, y = _checked(p, happened)
    return float(np.where(p == 0.5, 0.5, (p > 0.5) == (y == 1)).mean())


def brier(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """The mean of (p − y)², 0 to 1."""
    p, y = _checked(p, happened)
    return float(((p - y) ** 2).mean())


def accuracy_of_classes(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """The share of rows whose most likely class is the true one; a tie of n counts 1/n. Shape [rows, K]."""
    p, y = _checked_classes(p, happened)
    best = p == p.max(axis=1, keepdims=True)
    return float(((best * y).sum(axis=1) / best.sum(axis=1)).mean())


def brier_of_classes(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """The Brier score summed over the classes, 0 to 2. Shape [rows, classes]."""
    p, y = _checked_classes(p, happened)
    return float(((p - y) ** 2).sum(axis=1).mean())


def log_loss(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """The mean of −ln of the probability of what happened."""
    p, y = _checked(p, happened)
    given = np.clip(np.where(y == 1, p, 1 - p), CLOSEST, 1.0)
    return float(-np.log(given).mean())


def skill(score: float, reference: float) -> float:
    """How much lower a score is than a reference score, as a share of the latter; NaN where that is 0."""
    return 1.0 - score / reference if reference > 0 else float("nan")


def auc(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """The probability that a positive case scores above a negative one, ties counting half (Mann-Whitney). NaN if one
    class is empty."""
    p, y = _checked(p, happened)
    ones, zeros = p[y == 1], np.sort(p[y == 0])
    if not len(ones) or not len(zeros):
        return float("nan")
    below = np.searchsorted(zeros, ones, "left")
    not_above = np.searchsorted(zeros, ones, "right")
    return float((below + not_above).sum() / 2 / (len(ones) * len(zeros)))


def bins(p: npt.ArrayLike, happened: npt.ArrayLike) -> Bins:
    """The probabilities in `BINS` bins of equal width, with the mean probability and the observed frequency of each."""
    p, y = _checked(p, happened)
    place = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    count = np.bincount(place, minlength=BINS)
    with np.errstate(invalid="ignore"):
        predicted = np.bincount(place, p, BINS) / count
        happening = np.bincount(place, y, BINS) / count
    return Bins(count, predicted, happening)


def ece(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """Expected calibration error: the mean gap between probability and frequency, weighted by the counts of the
    bins."""
    found = bins(p, happened)
    filled = found.count > 0
    gap = np.abs(found.predicted[filled] - found.happened[filled])
    return float((gap * found.count[filled]).sum() / found.count.sum())


def ece_of_answers(p: npt.ArrayLike, happened: npt.ArrayLike) -> float:
    """The same for the most likely class: its probability against how often it was right. Shape [rows, K]."""
    p, y = _checked_classes(p, happened)
    best = p == p.max(axis=1, keepdims=True)
    return ece(p.max(axis=1), (best * y).sum(axis=1) / best.sum(axis=1))


def _checked_classes(p: npt.ArrayLike, happened: npt.ArrayLike) -> tuple[Floats, Floats]:
    one, other = np.asarray(p, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if one.ndim != 2:
        raise ValueError(f"one probability for each class of each row: {one.shape}")
    _checked(one.ravel(), other.ravel())
    return one, other


def _checked(p: npt.ArrayLike, happened: npt.ArrayLike) -> tuple[Floats, Floats]:
    one, other = np.asarray(p, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    if one.shape != other.shape or one.ndim != 1 or one.size == 0:
        raise ValueError(f"one probability for each outcome, and at least one: {one.shape}, {other.shape}")
    if not ((one >= 0) & (one <= 1) & (other >= 0) & (other <= 1)).all():
        raise ValueError("probabilities and outcomes lie in [0, 1]")
    return one, other
