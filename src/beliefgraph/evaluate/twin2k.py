"""Answers in one study, forecast from the same people's answers in others, compared with LLM twins of them.

129 outcomes of fourteen studies, 1,784 people, cross-validated over people. It uses `inference/foresight` directly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate.data import Answers
from beliefgraph.evaluate.report import Evaluation, Line, Row, at_least, at_most
from beliefgraph.inference.foresight.ridge import Decomposed, fit

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

FOLDS = 5
SEED = 0
SHARE = 0.8
MUST_CORRELATION, MUST_ACCURACY, MUST_COVER = 0.30, 0.785, (0.78, 0.82)

BASELINES = (
    ("LLM twins as published", {"correlation": 0.195, "accuracy": 0.752}),
    ("ridge, one penalty for all", {"correlation": 0.299, "accuracy": 0.783}),
    ("everyone's median", {"accuracy": 0.774}),
)
"""From the data's README."""


@dataclass(frozen=True, eq=False)
class Forecasts:
    """The forecast of each answer and the bounds of its interval, shape [people, outcomes]; NaN where there is none."""

    predicted: Floats
    low: Floats
    high: Floats


def evaluate(answers: Answers) -> Evaluation:
    """Forecast every answer from the same person's answers in the other studies, learned on other people."""
    found = forecasts(answers)
    asked = np.isfinite(answers.given)
    correlation, accuracy = scores(answers, found.predicted)
    covered = ((found.low <= answers.given) & (answers.given <= found.high))[asked]
    width = ((found.high - found.low) / answers.range)[asked]
    return Evaluation(
        name="twin2k",
        checks=[
            Row("people", len(answers.given)),
            Row("outcomes", answers.given.shape[1]),
            Row("answers forecast", int(asked.sum())),
            at_least("mean correlation", correlation, MUST_CORRELATION),
            at_least("mean accuracy", accuracy, MUST_ACCURACY),
            at_least("80 % intervals: covered, at least", float(covered.mean()), MUST_COVER[0]),
            at_most("80 % intervals: covered, at most", float(covered.mean()), MUST_COVER[1]),
            Row("80 % intervals: mean width, as a share of the range", float(width.mean())),
        ],
        lines=[
            Line("all outcomes", "beliefgraph", {"correlation": correlation, "accuracy": accuracy}),
            *(Line("all outcomes", name, given, baseline=True) for name, given in BASELINES),
        ],
        curves=[],
    )


def forecasts(answers: Answers) -> Forecasts:
    """The forecast of every answer, from the same person's other studies and other people's answers."""
    given, asked = answers.given, np.isfinite(answers.given)
    people = len(given)
    fold = np.empty(people, dtype=np.int64)
    fold[np.random.default_rng(SEED).permutation(people)] = np.arange(people) % FOLDS
    found = Forecasts(*(np.full(given.shape, np.nan) for _ in range(3)))
    studies = np.asarray(answers.studies)
    for held in range(FOLDS):
        known = fold != held
        for study in dict.fromkeys(answers.studies):
            x = columns(given[:, studies != study], known)
            decomposed: dict[bytes, Decomposed] = {}
            for outcome in np.flatnonzero(studies == study).tolist():
                rows, out = known & asked[:, outcome], ~known & asked[:, outcome]
                key = rows.tobytes()
                if key not in decomposed:
                    decomposed[key] = Decomposed.of(x[rows])
                model = fit(decomposed[key], given[rows, outcome])
                found.predicted[out, outcome] = model.median(x[out])
                found.low[out, outcome], found.high[out, outcome] = model.interval(x[out], SHARE)
    return found


def columns(given: Floats, known: Bools) -> Floats:
    """Answers standardised on the known people, 0 where missing, and indicators of missing answers.

    Identical indicators are merged into one column with their total variance.
    """
    center = np.nanmean(given[known], axis=0)
    scale = np.nanstd(given[known], axis=0)
    standard = (given - center) / np.where(scale > 0, scale, 1.0)
    missing, times = np.unique(np.isnan(given), axis=1, return_counts=True)
    return np.hstack([np.nan_to_num(standard), missing * np.sqrt(times)])


def scores(answers: Answers, predicted: Floats) -> tuple[float, float]:
    """The mean over the outcomes of the correlation, and of 1 − mean |error| / range."""
    correlations, accuracies = [], []
    for outcome, width in enumerate(answers.range.tolist()):
        rows = np.isfinite(answers.given[:, outcome]) & np.isfinite(predicted[:, outcome])
        y, p = answers.given[rows, outcome], predicted[rows, outcome]
        correlations.append(float(np.corrcoef(y, p)[0, 1]) if y.std() > 0 and p.std() > 0 else 0.0)
        accuracies.append(1.0 - float(np.abs(y - p).mean()) / width)
    return float(np.mean(correlations)), float(np.mean(accuracies))
