"""Sources learned on real data, by the library alone: labels of paid workers, polls, and figures about cities."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import part

from beliefgraph.evaluate import data, elections
from beliefgraph.evaluate.crowd import CROWDS, Crowd
from beliefgraph.inference import age, combine
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.reliability import (
    Answers,
    Observed,
    Statements,
    learn_claims,
    learn_shared_errors,
    learn_source_rates,
)
from beliefgraph.inference.reliability.statements import UNKNOWN
from beliefgraph.services.learning.scoring import accuracy_of_classes, brier, brier_of_classes

SHARED = Path(__file__).parents[4] / "shared" / "data"
CERTAIN = 12.0
OTHER = 0.05
DAY = 86_400.0


def numbered(names: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct names in order, and the number of each."""
    distinct, which = np.unique(np.array(names), return_inverse=True)
    return distinct.tolist(), which.astype(np.int64)


@part("real data")
def real_data() -> Iterator[Row]:
    """What knowing the sources is worth."""
    if not SHARED.is_dir():
        print(f" left out: there is no data at {SHARED}", end="", file=sys.stderr)
        return
    for crowd in CROWDS.values():
        right, error = labels(crowd)
        known = dict(crowd.baselines)["Dawid-Skene"]
        yield Row(f"{crowd.name}: accuracy", right, "", crowd.least_accuracy, known["accuracy"], most=False)
        yield Row(f"{crowd.name}: Brier", error, "", crowd.most_brier, known["Brier"])
    yield Row("polls, 1 day before: Brier", polls(1), "", 0.0829, 0.080)
    yield Row("polls, 10 days before: Brier", polls(10), "", 0.0939)
    yield Row("population: accuracy", figures(), "", 0.84, 0.87, most=False)


def labels(crowd: Crowd) -> tuple[float, float]:
    """Accuracy and Brier score of one set of labels; without the truth."""
    said, truth = data.read_labels(SHARED, crowd.name), data.read_truth(SHARED, crowd.name)
    items, item = numbered([each.item for each in said])
    workers, worker = numbered([each.worker for each in said])
    label = np.array([crowd.classes.index(each.label) for each in said])
    if crowd.binary:
        llr = np.where(label == 1, CERTAIN, -CERTAIN)
        answers = Answers(np.arange(len(items)), np.zeros(len(items)), np.full(len(items), UNKNOWN))
        found = learn_source_rates(answers, Statements(item, worker, llr), np.zeros(len(workers), dtype=np.int64))
        yes = 1 / (
            1 + np.exp(-effective(item, worker, llr, found.says_if_holds, found.says_if_not, worker, len(items)))
        )
        p = np.stack([1 - yes, yes], axis=1)
    else:
        classes = len(crowd.classes)
        every = np.tile(np.arange(classes), (len(said), 1))
        passed = np.where(every == label[:, None], CERTAIN, -np.inf).ravel()
        answer, rate_pair = (item[:, None] * classes + every).ravel(), (worker[:, None] * classes + every).ravel()
        answers = Answers(
            np.repeat(np.arange(len(items)), classes),
            np.full(len(items) * classes, np.log((1 - 1e-6) / classes / 1e-6)),
            np.full(len(items) * classes, UNKNOWN),
        )
        group = np.tile(np.arange(classes), len(workers))
        found = learn_source_rates(answers, Statements(answer, rate_pair, passed), group)
        cell, own = item * classes + label, worker * classes + label
        llr = np.full(len(said), CERTAIN)
        score = effective(cell, worker, llr, found.says_if_holds, found.says_if_not, own, len(items) * classes)
        weight = np.exp(score.reshape(len(items), classes))
        p = weight / weight.sum(axis=1, keepdims=True)
    place = {name: i for i, name in enumerate(items)}
    rows = p[[place[name] for name in truth]]
    happened = np.array([[float(value == each) for each in crowd.classes] for value in truth.values()])
    return accuracy_of_classes(rows, happened), brier_of_classes(rows, happened)


def effective(belief: Ints, source: Ints, llr: Floats, a: Floats, b: Floats, rate_pair: Ints, beliefs: int) -> Floats:
    """The log-likelihood ratio of every belief, by the rates learned."""
    fresh = np.zeros(len(belief))
    found = combine(
        belief,
        source,
        llr,
        fresh,
        fresh + np.inf,
        beliefs=beliefs,
        says_if_holds=a[rate_pair],
        says_if_not=b[rate_pair],
    )
    return found.log_likelihood


def polls(days: int) -> float:
    """The Brier score so many days before the elections of 2009 to 2014; what they share from the years before."""
    said, races = data.read_polls(SHARED), data.read_races(SHARED)
    place = {race.id: i for i, race in enumerate(races)}
    race = np.array([place[poll.race] for poll in said])
    _, pollster = numbered([poll.pollster for poll in said])
    llr = np.array([elections.log_likelihood_ratio(poll) for poll in said])
    before = np.array([float((races[place[poll.race]].election - poll.day).days) for poll in said])
    year, won = np.array([r.election.year for r in races]), np.array([r.won for r in races])
    known = np.unique(race[year[race] <= elections.LAST_TRAIN_YEAR])
    half = elections.HALF_LIFE.total_seconds()
    aged = age(llr, (before + 1) * DAY, half)  # up to the day after the election, when the results came
    left = 0.5 ** ((before + 1) * DAY / half)
    total, count = (np.bincount(race, weights, len(races)).astype(np.float64) for weights in (aged, left))
    _, years = np.unique(year[known], return_inverse=True)
    numbers = np.arange(len(known))
    learned = learn_shared_errors(
        Observed(
            question=numbers, rated_sum=total[known], count=count[known], rest=np.zeros(len(known)), holds=won[known],
            row=numbers, group=years, size=count[known],
        )
    )  # fmt: skip
    out: npt.NDArray[np.bool_] = before >= days
    found = combine(
        race[out], pollster[out], llr[out], (before[out] - days) * DAY,
        np.full(int(out.sum()), half),
        beliefs=len(races), origin=race[out], correlation=learned.correlation, scale=learned.scale,
        effect=year[race[out]], deviation=learned.deviation,
    )  # fmt: skip
    tested = (np.bincount(race[out], minlength=len(races)) > 0) & (year > elections.LAST_TRAIN_YEAR)
    return brier(1 / (1 + np.exp(-found.log_likelihood[tested])), won[tested].astype(np.float64))


def figures() -> float:
    """The share of the true figures that are the likeliest value; without the truth, ties as the first by name."""
    claims, truth = data.read_claims(SHARED), data.read_census(SHARED)
    values, value = numbered([f"{each.subject}\x1f{each.value}" for each in claims])
    editors, editor = numbered([each.editor for each in claims])
    _, subject = numbered([each.rpartition("\x1f")[0] for each in values])
    named = np.bincount(subject)[subject]
    answers = Answers(subject, np.log((1 - OTHER) / named / OTHER), np.full(len(values), UNKNOWN))
    kind = np.array([int(name.startswith("0 (")) for name in editors])
    llr = np.full(len(claims), CERTAIN)
    found = learn_claims(answers, Statements(value, editor, llr), kind)
    score = effective(value, editor, llr, found.says_if_holds, found.says_if_not, editor, len(values))
    best: dict[str, int] = {}
    for i, each in enumerate(values):
        about = each.rpartition("\x1f")[0]
        if about not in best or score[i] > score[best[about]]:
            best[about] = i
    return float(np.mean([values[best[about]] == f"{about}\x1f{it}" for about, it in truth.items()]))
