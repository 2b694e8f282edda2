"""Scores of forecasts of when something happens, as distributions over the periods of a horizon. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.foresight.timing import quantile
from beliefgraph.services.forecasts.history import Floats, Ints
from beliefgraph.services.learning.scoring import skill

LOW, HIGH = 0.1, 0.9
"""The ends of the central 80 % interval."""


@dataclass(frozen=True, eq=False)
class Timing:
    """The scores of curves, compared with always predicting the frequency by the end of each period.

    `crps` is the continuous ranked probability score within the horizon, in periods: the integral of (F − 1[happened by
    then])². `covered` is the share inside the central 80 % interval, and `claimed` the probability that the curves gave
    to it: more than .8, because it consists of whole periods. `predicted` and `happened` are by the end of each period.
    """

    n: int
    crps: float
    skill: float
    covered: float
    claimed: float
    predicted: Floats
    happened: Floats


def timing(curves: Floats, came: Ints) -> Timing:
    """The scores of curves, shape [forecasts, periods]; `came` is the period, or the number of periods if none."""
    if curves.ndim != 2 or not curves.size or came.shape != (len(curves),):
        raise Incorrect("invalid-input", "Each forecast has a curve and a period in which it came.")
    periods = curves.shape[1]
    y = (np.arange(periods) >= came[:, None]).astype(np.float64)
    crps = float(((curves - y) ** 2).sum(axis=1).mean())
    happened = y.mean(axis=0)
    always = float((happened * (1.0 - happened)).sum())
    low, high = quantile(curves, LOW), quantile(curves, HIGH)
    whole = np.concatenate([np.zeros((len(curves), 1)), curves, np.ones((len(curves), 1))], axis=1)
    rows = np.arange(len(curves))
    return Timing(
        n=len(curves),
        crps=crps,
        skill=skill(crps, always),
        covered=float(((low <= came) & (came <= high)).mean()),
        claimed=float((whole[rows, high + 1] - whole[rows, low]).mean()),
        predicted=curves.mean(axis=0),
        happened=happened,
    )
