"""The record of resolved forecasts: how good they were, compared with always predicting the base rate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.services.learning.scoring import Bins, auc, bins, brier, ece, log_loss, skill

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Record:
    """The record of one set of forecasts.

    `skill` is 1 − Brier / Brier of the base rate (1: always right, 0: no better than the base rate, negative: worse);
    `sharpness` is the variance of the forecasts; `drift` is their mean minus the observed frequency.
    """

    n: int
    base_rate: float
    brier: float
    skill: float
    log_loss: float
    auc: float
    ece: float
    sharpness: float
    drift: float
    bins: Bins


def record(predicted: npt.ArrayLike, happened: npt.ArrayLike) -> Record:
    """The record of probabilities, given whether it happened; skill is NaN if it happened always or never."""
    score = brier(predicted, happened)
    p, y = np.asarray(predicted, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    rate = float(y.mean())
    always = brier(np.full(len(y), rate), y)
    return Record(
        n=len(y),
        base_rate=rate,
        brier=score,
        skill=skill(score, always),
        log_loss=log_loss(p, y),
        auc=auc(p, y),
        ece=ece(p, y),
        sharpness=float(p.var()),
        drift=float(p.mean()) - rate,
        bins=bins(p, y),
    )


def by(groups: npt.ArrayLike, predicted: npt.ArrayLike, happened: npt.ArrayLike) -> dict[str, Record]:
    """The record of each group, by its name: segments, calendar months, or months of history."""
    names = np.asarray(groups, dtype=str)
    p, y = np.asarray(predicted, dtype=np.float64), np.asarray(happened, dtype=np.float64)
    return {str(name): record(p[names == name], y[names == name]) for name in np.unique(names)}
