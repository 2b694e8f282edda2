"""Purchases: which customers buy again in the next 39 weeks? Learned from data up to 1997-09-30 only.

The histories go directly to `inference/foresight`, not through a running service.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate.data import Purchase
from beliefgraph.evaluate.report import Curve, Evaluation, Line, Row, at_least, at_most
from beliefgraph.inference.foresight.hazards import Histories, columns, log_none
from beliefgraph.inference.foresight.logistic import Logistic, fit
from beliefgraph.services.forecasts.record import Record, by, record
from beliefgraph.services.forecasts.timing import timing

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CUT = date(1997, 9, 30)
"""The last day of the training data."""
WEEKS = 39
RIDGE = 3.0
MUST_AUC, MUST_BRIER, MUST_ECE = 0.771, 0.160, 0.02

BASELINES = (
    ("BG/NBD", {"AUC": 0.7466, "Brier": 0.1654, "log loss": 0.512, "ECE": 0.040}),
    ("Pareto/NBD", {"AUC": 0.7619, "Brier": 0.1635, "log loss": 0.510, "ECE": 0.055}),
    ("logistic on counts and recency, earlier cut", {"AUC": 0.7712, "Brier": 0.1706, "ECE": 0.106}),
    (
        "the same, trained in the holdout (ceiling)",
        {"AUC": 0.7717, "Brier": 0.1581, "log loss": 0.490, "ECE": 0.007},
    ),
    ("base rate", {"AUC": 0.5, "Brier": 0.2098, "log loss": 0.610, "ECE": 0.0}),
)
"""From the data's README."""


def evaluate(purchases: Sequence[Purchase], cut: date = CUT, weeks: int = WEEKS) -> Evaluation:
    """Learn the weekly hazard from the purchases up to a date, forecast, and score against the weeks after it."""
    known, week = histories(purchases, cut), first_weeks(purchases, cut, weeks)
    model, rows = learned(known)
    curves: Floats = np.asarray(-np.expm1(log_none(model, known.states(), weeks)))
    predicted, happened = curves[:, -1], (week < weeks).astype(np.float64)
    found, when = record(predicted, happened), timing(curves, week)
    by_count = by(np.where(np.diff(known.start) > 1, "several purchases", "one purchase"), predicted, happened)
    setting = f"any purchase in {weeks} weeks, {found.n:,} customers"
    return Evaluation(
        name="cdnow",
        checks=[
            Row("customers", found.n),
            Row("rows of the hazard, a customer and a week each", rows),
            Row("log loss of a week, in training", model.log_loss),
            Row("share that bought", found.base_rate),
            Row("mean forecast minus that share", found.drift),
            at_least("AUC", found.auc, MUST_AUC),
            at_most("Brier", found.brier, MUST_BRIER),
            at_most("ECE", found.ece, MUST_ECE),
            Row("week of the first purchase: share in the central 80 % interval", when.covered),
            Row("the probability given to that interval", when.claimed),
            Row("skill of the CRPS over how often it had happened by each week", when.skill),
            *reliability(found),
        ],
        lines=[
            Line(setting, "beliefgraph", scores(found)),
            *(Line(setting, name, given, baseline=True) for name, given in BASELINES),
            *(Line(f"with {name} before", "beliefgraph", scores(of)) for name, of in by_count.items()),
        ],
        curves=[Curve(f"{weeks} weeks", predicted, happened)],
    )


def histories(purchases: Sequence[Purchase], cut: date) -> Histories:
    """The purchases up to a date by customer, in weeks since the first, with the logarithm of the first amount."""
    known = [purchase for purchase in purchases if purchase.day <= cut]
    start, time, observed, first_amount = [0], [], [], []
    for _, group in groupby(known, key=lambda purchase: purchase.customer):
        own = list(group)
        time += [(purchase.day - own[0].day).days / 7 for purchase in own]
        start.append(len(time))
        observed.append((cut - own[0].day).days / 7)
        first_amount.append(np.log1p(own[0].amount))
    return Histories(np.array(start), np.array(time), np.array(observed), np.array(first_amount)[:, None])


def first_weeks(purchases: Sequence[Purchase], cut: date, weeks: int) -> Ints:
    """The week in which each customer known at a date bought first after it, in the order of the histories.

    Weeks are counted from 0; `weeks` if the customer bought in none.
    """
    known = dict.fromkeys((purchase.customer for purchase in purchases if purchase.day <= cut), weeks)
    for purchase in purchases:
        week = ((purchase.day - cut).days - 1) // 7
        if 0 <= week < known.get(purchase.customer, 0):
            known[purchase.customer] = week
    return np.array([*known.values()], dtype=np.int64)


def outcomes(purchases: Sequence[Purchase], cut: date, weeks: int) -> Floats:
    """Whether each customer known at a date bought within the weeks after it, in the order of the histories."""
    return (first_weeks(purchases, cut, weeks) < weeks).astype(np.float64)


def learned(known: Histories, ridge: float = RIDGE) -> tuple[Logistic, int]:
    """The weekly hazard of these histories, and the number of rows it was learned from."""
    states, happened = known.rows()
    return fit(columns(states), happened, ridge), len(happened)


def scores(found: Record) -> dict[str, float]:
    """The scores of a record that are shown."""
    return {
        "AUC": found.auc,
        "Brier": found.brier,
        "log loss": found.log_loss,
        "ECE": found.ece,
        "skill": found.skill,
        "sharpness": found.sharpness,
    }


def reliability(found: Record) -> list[Row]:
    """The reliability diagram as rows: observed frequency by forecast, with the number of forecasts."""
    bins = found.bins
    return [
        Row(f"predicted {predicted:.3f} on average, {n:,} times: observed", happened)
        for n, predicted, happened in zip(
            bins.count.tolist(), bins.predicted.tolist(), bins.happened.tolist(), strict=True
        )
        if n
    ]
