"""The posterior over when the current run of a stream of events began, in bounded memory.

Within a run the kinds of events are drawn from one unknown distribution with a symmetric Dirichlet prior, `share` of a
count for each kind. Of the possible beginnings MOST are retained: the first, the latest and the most likely. Entries at
one time belong to one run: it begins before the first of them or after the last.
"""

from __future__ import annotations

import math

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints, Narrow
from beliefgraph.inference.native import inner, native

MOST = 64
"""Retained beginnings. The weight of an event then differs by up to .03 from the exact one, and its surprise by .01
nats, in simulations of 400 events."""

STATED = -1
"""The kind of an entry that is not an event, but a statement that a new run begins with a probability."""

SIZE, EVENTS, SINCE, LAST, LAST_EVENT = range(5)
"""Elements of a state: the number of beginnings, and of events; the time of the last published change, of the last
entry and of the last event."""


@native
def follow(
    times: Ints,
    kinds: Ints,
    chances: Floats,
    share: float,
    hazard: float,
    threshold: float,
    state: Ints,
    begin: Ints,
    weight: Floats,
    length: Ints,
    row: Narrow,
    counts: Narrow,
    total: Ints,
    surprise: Floats,
    untempered: Floats,
    changed: Floats,
    published: Bools,
) -> None:
    """Follow entries in the order of their times; the arrays of the state are updated, the last four are outputs.

    A statement's `chances` is its probability. `counts[row[s]]` are the counts of the run that begins at `begin[s]`,
    which are in the order of time; `length[s]` is their sum.
    """
    prior = share * len(total)
    for i in range(len(times)):
        time, kind = times[i], kinds[i]
        if kind == STATED:
            if state[SIZE] > 0:
                _begin(time, chances[i], state, begin, weight, length, row, counts)
            state[LAST] = time
            continue
        if state[SIZE] == 0:
            _open(time, 1.0, state, begin, weight, length, row, counts)
            state[SINCE] = time
        elif time != state[LAST_EVENT] and begin[state[SIZE] - 1] != time:
            _begin(time, hazard, state, begin, weight, length, row, counts)
        state[LAST] = state[LAST_EVENT] = time
        size = state[SIZE]
        seen, all_seen = share, prior
        for s in range(size):
            seen += weight[s] * counts[row[s], kind]
            all_seen += weight[s] * length[s]
        surprise[i] = -math.log(seen / all_seen)
        untempered[i] = -math.log((total[kind] + share) / (state[EVENTS] + prior))
        whole = 0.0
        for s in range(size):
            weight[s] *= (counts[row[s], kind] + share) / (length[s] + prior)
            whole += weight[s]
            counts[row[s], kind] += 1
            length[s] += 1
        recent = 0.0
        for s in range(size):
            weight[s] /= whole
            if begin[s] > state[SINCE]:
                recent += weight[s]
        total[kind] += 1
        state[EVENTS] += 1
        changed[i] = recent
        published[i] = recent > threshold
        if recent > threshold:
            state[SINCE] = time


@inner
def _begin(
    time: int, chance: float, state: Ints, begin: Ints, weight: Floats, length: Ints, row: Narrow, counts: Narrow
) -> None:
    """Start a new run at a time with a probability, before the next event."""
    known = begin[state[SIZE] - 1] == time
    if state[SIZE] == MOST and not known:
        _drop(state, begin, weight, length, row)
    for s in range(state[SIZE]):
        weight[s] *= 1.0 - chance
    if known:
        weight[state[SIZE] - 1] += chance
    else:
        _open(time, chance, state, begin, weight, length, row, counts)


@inner
def _open(
    time: int, chance: float, state: Ints, begin: Ints, weight: Floats, length: Ints, row: Narrow, counts: Narrow
) -> None:
    last = state[SIZE]
    begin[last], weight[last], length[last] = time, chance, 0
    for kind in range(counts.shape[1]):
        counts[row[last], kind] = 0
    state[SIZE] = last + 1


@inner
def _drop(state: Ints, begin: Ints, weight: Floats, length: Ints, row: Narrow) -> None:
    """Drop the least likely beginning except for the first, of equals the earliest; the one before gets its weight."""
    gone = 1
    for s in range(2, state[SIZE]):
        if weight[s] < weight[gone]:
            gone = s
    weight[gone - 1] += weight[gone]
    free, last = row[gone], state[SIZE] - 1
    for s in range(gone, last):
        begin[s], weight[s], length[s], row[s] = begin[s + 1], weight[s + 1], length[s + 1], row[s + 1]
    row[last] = free
    state[SIZE] = last


def no_state(kinds: int) -> tuple[Ints, Ints, Floats, Ints, Narrow, Narrow, Ints]:
    """The arrays of an initial state."""
    return (
        np.zeros(5, dtype=np.int64),
        np.zeros(MOST, dtype=np.int64),
        np.zeros(MOST),
        np.zeros(MOST, dtype=np.int64),
        np.arange(MOST, dtype=np.int32),
        np.zeros((MOST, kinds), dtype=np.int32),
        np.zeros(kinds, dtype=np.int64),
    )
