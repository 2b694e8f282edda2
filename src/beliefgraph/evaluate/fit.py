"""How the numbers of the polls' catalog were got: by maximum likelihood on the elections up to 2008 alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import numpy.typing as npt

from beliefgraph.evaluate.data import Poll, Race
from beliefgraph.evaluate.elections import LAST_TRAIN_YEAR
from beliefgraph.evaluate.polls import DAYS_BEFORE

HALF_LIVES = (7, 14, 30, 60)  # days
HALF_WEIGHTS = (100, 200, 400, 800)  # people asked
SCALES = np.round(np.arange(0.001, 0.5, 0.001), 3)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fit:
    """One pair of half-life (days) and half weight (people), the best scale for it, and its log loss in training."""

    half_life: int
    half_weight: int
    scale: float
    log_loss: float


@dataclass(frozen=True)
class _Moment:
    """The polls visible a number of days before: columns of one length, and the outcomes of the races they index."""

    race: npt.NDArray[np.int64]
    margin: Floats
    size: Floats
    age: Floats
    won: Floats


def fit(polls: Sequence[Poll], races: Sequence[Race]) -> list[Fit]:
    """Every pair that is tried with its best scale, the likeliest first; only races up to 2008 are looked at."""
    moments = [_moment(polls, races, days) for days in DAYS_BEFORE]
    found = []
    for half_life, half_weight in product(HALF_LIVES, HALF_WEIGHTS):
        losses = [_log_loss(moments, half_life, half_weight, scale) for scale in SCALES]
        best = int(np.argmin(losses))
        found.append(Fit(half_life, half_weight, float(SCALES[best]), losses[best]))
    return sorted(found, key=lambda each: each.log_loss)


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


def _log_loss(moments: Sequence[_Moment], half_life: float, half_weight: float, scale: float) -> float:
    """The mean over all races and moments of −ln of the probability given to what happened."""
    losses = []
    for m in moments:
        ratio = scale * m.margin * m.size / (m.size + half_weight)
        aged = 2 * np.arctanh(0.5 ** (m.age / half_life) * np.tanh(ratio / 2))
        log_odds = np.bincount(m.race, aged, len(m.won))
        losses.append(np.logaddexp(0.0, np.where(m.won == 1, -log_odds, log_odds)))
    return float(np.concatenate(losses).mean())
