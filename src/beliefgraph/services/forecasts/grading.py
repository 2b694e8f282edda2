"""Scores of distributions over ordered grades: the ranked probability score and related ones. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.services.forecasts.history import Floats, Ints
from beliefgraph.services.learning.scoring import CLOSEST, ece, skill


@dataclass(frozen=True, eq=False)
class Grading:
    """The scores of distributions, compared with always predicting the frequency of each grade.

    `rps` is the ranked probability score: the mean over the K − 1 thresholds of (P(grade ≥ g) − 1[it was])²; with two
    grades it is the Brier score. `ece` is the calibration error of the probabilities of all thresholds together.
    """

    n: int
    rps: float
    skill: float
    log_loss: float
    ece: float
    predicted: Floats
    came: Floats


def grading(shares: Floats, grade: Ints) -> Grading:
    """The scores of distributions, shape [forecasts, grades], given the actual grade of each."""
    if shares.ndim != 2 or not shares.size or grade.shape != (len(shares),):
        raise Incorrect("invalid-input", "Each forecast has a distribution and a grade that came.")
    grades = shares.shape[1]
    higher = shares[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    y = (grade[:, None] >= np.arange(1, grades)).astype(np.float64)
    rps = float(((higher - y) ** 2).mean())
    often = y.mean(axis=0)
    always = float((often * (1.0 - often)).mean())
    given = np.clip(shares[np.arange(len(shares)), grade], CLOSEST, 1.0)
    return Grading(
        n=len(shares),
        rps=rps,
        skill=skill(rps, always),
        log_loss=float(-np.log(given).mean()),
        ece=ece(np.clip(higher.ravel(), 0.0, 1.0), y.ravel()),
        predicted=shares.mean(axis=0),
        came=np.bincount(grade, minlength=grades) / len(grade),
    )
