"""Fits the numbers of the polls' catalog: maximum likelihood on the elections up to 2008 only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate.data import Poll, Race
from beliefgraph.evaluate.elections import LAST_TRAIN_YEAR
from beliefgraph.evaluate.polls import DAYS_BEFORE
from beliefgraph.services.interpretation.bearings import MAX_LOG_LIKELIHOOD_RATIO

HALF_LIVES = (7, 14, 30, 60)  # days
HALF_WEIGHTS = (100, 200, 400, 800)  # people asked
CORRELATIONS = np.round(np.arange(0.0, 1.01, 0.05), 2)
MOST = MAX_LOG_LIKELIHOOD_RATIO
STEPS = 1000  # scales of 0.001 to 1 log-odds for each point

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """One half-life (days), half weight (people) and correlation.

    With the best scale for them and the training log loss.
    """

    half_life: int
    half_weight: int
    correlation: float
    scale: float
    log_loss: float


@dataclass(frozen=True)
class _Moment:
    """The polls visible a number of days before: columns of one length, and the results of the indexed races."""

    race: npt.NDArray[np.int64]
    margin: Floats
    size: Floats
    age: Floats
    won: Floats


def fit(polls: Sequence[Poll], races: Sequence[Race]) -> list[Fit]:
    """All candidates with their best scale, the most likely first; only races up to 2008 are used."""
    moments = [_moment(polls, races, days) for days in DAYS_BEFORE]
    found = []
    for half_life, half_weight, correlation in product(HALF_LIVES, HALF_WEIGHTS, CORRELATIONS.tolist()):
        loss = partial(_log_loss, moments, half_life, half_weight, correlation)
        scale = _best_scale(loss)
        found.append(Fit(half_life, half_weight, correlation, scale, loss(scale)))
    return sorted(found, key=lambda each: each.log_loss)


def _best_scale(loss: Callable[[float], float]) -> float:
    """The scale with the least loss, in steps of 0.001; the loss has one minimum."""
    low, high = 1, STEPS
    while low < high:
        middle = (low + high) // 2
        if loss(middle / STEPS) <= loss((middle + 1) / STEPS):
            high = middle
        else:
            low = middle + 1
    return low / STEPS


def _moment(polls: Sequence[Poll], races: Sequence[Race], days: int) -> _Moment:
    election = {race.id: race for race in races if race.election.year <= LAST_TRAIN_YEAR}
    seen = [(p, (election[p.race].election - p.day).days - days) for p in polls if p.race in election]
    seen = [(poll, age) for poll, age in seen if age >= 0]
    place = {id_: i for i, id_ in enumerate(sorted({poll.race for poll, _ in seen}))}
    return _Moment(
        race=np.array([place[poll.race] for poll, _ in seen], dtype=np.int64),
        margin=np.array([poll.margin for poll, _ in seen]),
        size=np.array([poll.sample_size for poll, _ in seen]),
        age=np.array([float(age) for _, age in seen]),
        won=np.array([float(election[id_].won) for id_ in place]),
    )


def _log_loss(
    moments: Sequence[_Moment], half_life: float, half_weight: float, correlation: float, scale: float
) -> float:
    """The mean of −ln of the probability of the result, over all races and moments."""
    losses = []
    for m in moments:
        ratio = np.clip(scale * m.margin * m.size / (m.size + half_weight), -MOST, MOST)
        left = 0.5 ** (m.age / half_life)
        aged = 2 * np.arctanh(left * np.tanh(ratio / 2))
        count = np.bincount(m.race, left, len(m.won))
        shared = 1.0 + np.maximum(count - 1.0, 0.0) * correlation
        log_odds = np.bincount(m.race, aged, len(m.won)) / shared
        losses.append(np.logaddexp(0.0, np.where(m.won == 1, -log_odds, log_odds)))
    return float(np.concatenate(losses).mean())
