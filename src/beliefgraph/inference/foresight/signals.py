"""Signals of stages: soft evidence as a table of emission probabilities per stage, on a grid of time.

A piece of evidence states that it is e^λ times more likely in one stage than in the others. A stage s then emits the
signal (s', λ) with a probability proportional to m · e^{λ · [s = s']}, where m is the overall frequency of such
evidence, so that the expected number of each signal equals the observed one. That is the table that learning starts
from. Learning is fast if there are few different gaps between times, so times are rounded to whole steps, and steps
without evidence are silent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.foresight.filtering import ObservedSymbols
from beliefgraph.inference.foresight.passage import velocity
from beliefgraph.inference.foresight.stages import SILENT, Stages

Signal = tuple[int, int]
"""A stage, and the log-likelihood ratio of evidence on it in halves of a nat."""

HALVES = 2.0
"""Signals differ by half a nat."""

STRONGEST = 12
"""Maximum strength in half nats; stronger evidence counts as this strong while signals are learned (e⁶ is 403 to 1)."""


BALANCING = 100
"""Iterations for the overall frequency of each signal."""


def signal_of(stage: int, ratio: float) -> Signal:
    """The signal for a piece of evidence."""
    return stage, int(np.clip(round(HALVES * ratio), -STRONGEST, STRONGEST))


def stated_shares(stages: int, signals: Sequence[Signal], often: Floats) -> Floats:
    """Emission probabilities if evidence is as strong as stated, shape [stages, signals].

    `often` is the overall frequency of each signal.
    """
    table = np.tile(often, (stages, 1))
    for column, (stage, halves) in enumerate(signals):
        table[stage, column] *= np.exp(halves / HALVES)
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def balanced(in_stage: Floats, signals: Sequence[Signal], pieces: Floats) -> Floats:
    """Overall frequencies with which the expected number of each signal equals the observed one.

    `in_stage` is the expected number of pieces while subjects were in each stage, `pieces` the observed number of each
    signal.
    """
    often = pieces / pieces.sum()
    for _ in range(BALANCING):
        often = often * pieces / (in_stage @ stated_shares(len(in_stage), signals, often))
        often = often / often.sum()
    return np.asarray(often)


def shares(stages: int, signals: Sequence[Signal], often: Floats, known: Mapping[Signal, Floats]) -> Floats:
    """The same with learned probabilities of some signals instead of the stated ones."""
    table = stated_shares(stages, signals, often)
    for column, signal in enumerate(signals):
        if signal in known:
            table[:, column] = known[signal]
    return np.asarray(table / table.sum(axis=1, keepdims=True))


def gridded(times: Sequence[Floats], symbols: Sequence[Ints], step: float, most: int) -> ObservedSymbols:
    """The observations of some subjects (ascending times of each), with times in whole steps since the first one.

    For each subject the first `most` steps and symbols count.
    """
    if not step > 0 or most < 1:
        raise Incorrect("invalid-input", "Steps have a length, and there is at least one of them.")
    rows = [_steps(time, symbol, step, most) for time, symbol in zip(times, symbols, strict=True)]
    longest = max((len(steps) for steps, _ in rows), default=1)
    at = np.zeros((len(rows), longest))
    seen = np.full((len(rows), longest), SILENT, dtype=np.int64)
    for place, (steps, symbol) in enumerate(rows):
        at[place, : len(steps)] = steps
        at[place, len(steps) :] = steps[-1]
        seen[place, : len(steps)] = symbol
    return ObservedSymbols(at * step, seen)


def _steps(time: Floats, symbol: Ints, step: float, most: int) -> tuple[Ints, Ints]:
    number = np.round((time - time[0]) / step).astype(np.int64)
    again = np.concatenate([[False], np.diff(number) == 0])
    place = number + np.cumsum(again)
    steps = np.sort(np.concatenate([np.arange(number[-1] + 1), number[again]]))
    found = np.full(len(steps), SILENT, dtype=np.int64)
    found[place] = symbol
    return steps[:most], found[:most]


def predicted(before: Floats, stages: Stages, table: Floats, seen: ObservedSymbols) -> Floats:
    """The predictive log-probability of each time of each subject in nats, shape [subjects, times]; 0 if silent.

    `before` is the distribution over phases just before each time, `table` the emission probabilities of each stage.
    """
    of_stage = stages.of_stages(before)
    columns = np.vstack([table.T, np.ones(len(table))])  # the last row is that of SILENT
    return np.asarray(np.log((of_stage * columns[seen.symbol]).sum(axis=-1)))


def mean_velocity(stages: Stages, after: Floats, counted: Floats, time: float) -> Floats:
    """By stage, the mean expected number of stages that subjects in it advance within a time.

    `after` are distributions over phases, shape [..., phases], included where `counted` is 1.
    """
    mass = (after * counted[..., None]).reshape(-1, after.shape[-1]).sum(axis=0)
    each = velocity(stages, np.eye(after.shape[-1]), time)
    mass = np.where(np.repeat(stages.of_stages(mass), stages.phases) > 0, mass, 1.0)
    return np.asarray(stages.of_stages(mass * each) / stages.of_stages(mass))
