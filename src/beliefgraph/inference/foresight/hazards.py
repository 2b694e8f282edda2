"""Discrete-time hazards: the probability that an event recurs in the next period, given its history.

There is one row per subject and period since its first event: y = whether any event happens in that period, x = the
state before it. A pooled logistic regression over these rows gives the hazard h. As long as no event happens the count
is constant and recency and age grow by one period each, so that exactly

    P(any event within H periods) = 1 − Π (1 − h(state + k)), k = 0 … H − 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import log_expit

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.foresight.logistic import Logistic

RATE_COUNT, RATE_AGE = 0.7, 6.0
"""The rate column is ln((n − 0.7) / (age + 6)): a new subject's first event does not yet imply a rate of one per
period."""

MAX_HORIZON = 10_000
CHUNK = 20_000
"""Subjects whose paths are computed at a time: their columns fit the processor's cache."""


@dataclass(frozen=True, eq=False)
class States:
    """The states of some subjects.

    Events so far, periods since the last and since the first, and further columns, shape [subjects, columns], that are
    constant.
    """

    count: Floats
    recency: Floats
    age: Floats
    further: Floats

    def at(self, rows: slice | Ints) -> States:
        """The states of some of the subjects."""
        return States(self.count[rows], self.recency[rows], self.age[rows], self.further[rows])

    def later(self, periods: float | Floats) -> States:
        """The states after this many more periods without events, the same for all or one for each."""
        return States(self.count, self.recency + periods, self.age + periods, self.further)


@dataclass(frozen=True, eq=False)
class Histories:
    """Events of some subjects.

    Those of subject i are `time[start[i]:start[i + 1]]`, in periods since its first event, ascending from 0;
    `observed[i]` is the number of periods that subject i was observed.
    """

    start: Ints
    time: Floats
    observed: Floats
    further: Floats

    def __post_init__(self) -> None:
        subjects = len(self.observed)
        if self.start.shape != (subjects + 1,) or self.further.shape[:1] != (subjects,) or not subjects:
            raise Incorrect("invalid-input", "Each subject has its events, its time observed and its columns.")
        if (np.diff(self.start) < 1).any() or self.start[-1] != len(self.time) or self.time[self.start[:-1]].any():
            raise Incorrect("invalid-input", "Each subject has at least one event, and its first is at time 0.")
        inside = np.ones(len(self.time), dtype=bool)
        inside[self.start[:-1]] = False
        if (np.diff(self.time, prepend=0.0)[inside] < 0).any() or (self.time[self.start[1:] - 1] > self.observed).any():
            raise Incorrect("invalid-input", "Events are in the order of their time, and none is after the end.")

    def states(self) -> States:
        """The state of every subject at the end of its observed time."""
        last = self.start[1:] - 1
        count = np.diff(self.start).astype(float)
        return States(count, self.observed - self.time[last], self.observed, self.further)

    def rows(self) -> tuple[States, Floats]:
        """The state before every fully observed period, and whether an event happened in it.

        Period k of a subject is (k, k + 1]; the last, incomplete one is left out.
        """
        periods = np.floor(self.observed).astype(np.int64)
        first = np.cumsum(periods) - periods
        subject = np.repeat(np.arange(len(periods)), periods)
        age = np.arange(len(subject)) - first[subject]
        owner = np.repeat(np.arange(len(periods)), np.diff(self.start))
        place = np.ceil(self.time).astype(np.int64) - 1  # at time 0: −1, before the first period
        inside = (place >= 0) & (place < periods[owner])
        happened = np.bincount(first[owner[inside]] + place[inside], minlength=len(subject))
        seen = np.cumsum(happened) - happened
        # The events before a period are the first of its subject and those of its earlier periods.
        count = 1 + seen - seen[first[subject]] if len(subject) else seen
        last = self.start[subject] + count - 1
        states = States(count.astype(float), age - self.time[last], age.astype(float), self.further[subject])
        return states, (happened > 0).astype(float)


def columns(states: States) -> Floats:
    """The columns of the regression; shape [subjects, 5 + 2 · further].

    The log rate, ln(1 + recency) and its square, its products with ln n, with the log rate and with each further
    column, and the further columns: the meaning of a count or a rate depends on the time since the last event.
    """
    recency = np.log1p(states.recency)
    rate = np.log((states.count - RATE_COUNT) / (states.age + RATE_AGE))
    own = np.stack([rate, recency, recency**2, np.log(states.count) * recency, rate * recency])
    return np.vstack([own, states.further.T, states.further.T * recency]).T


def any_within(model: Logistic, states: States, horizon: int) -> Floats:
    """The probability of any event of each subject within this many periods. Raises `invalid-input`."""
    return np.asarray(-np.expm1(log_none(model, states, horizon)[:, -1]))


def log_none(model: Logistic, states: States, horizon: int) -> Floats:
    """The log-probability of no event within 1 … `horizon` periods, shape [subjects, horizon]."""
    if not 1 <= horizon <= MAX_HORIZON:
        raise Incorrect("invalid-input", f"A horizon is 1 to {MAX_HORIZON} periods.", horizon=horizon)
    found = np.empty((len(states.count), horizon))
    for start in range(0, len(found), CHUNK):
        rows = slice(start, start + CHUNK)
        part = states.at(rows)
        for k in range(horizon):
            found[rows, k] = log_expit(-model.log_odds(columns(part.later(k))))
    return np.asarray(np.cumsum(found, axis=1))
