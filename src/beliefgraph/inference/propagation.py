"""A full pass over a plan: messages up to the roots, down again, and every marginal.

`propagate` is written once over a semiring. The linear one multiplies and adds probabilities. Where numbers get so
small that digits could be lost, the same pass runs on logarithms: slower, and never wrong. Which one is chosen
depends on the column alone, so an answer never depends on what else was asked in the same batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Floats
from beliefgraph.inference.plan import Gather, Plan

_SMALL = 1e-100
"""A message or marginal below this, relative to its largest entry, sends its column to the logarithms. Doubles reach
1e-308, so what underflow can have taken from anything above it is less than 1e-200 of it."""

CHUNK_ENTRIES = 2**16
"""Columns are run together up to this many table entries: half a megabyte an array, so that they stay in the cache."""


@dataclass(frozen=True, slots=True)
class Semiring:
    """What to multiply, add and divide with, and its zero and one."""

    times: np.ufunc
    plus: np.ufunc
    over: np.ufunc
    zero: float
    one: float


LINEAR = Semiring(np.multiply, np.add, np.divide, 0.0, 1.0)
LOG = Semiring(np.add, np.logaddexp, np.subtract, -np.inf, 0.0)


@dataclass(frozen=True, slots=True)
class Pass:
    """Every clique's joint (shape [entries, B]) and every marginal ([leaves, B]), each summing to one, in the
    semiring's numbers.

    `messages` are the upward ones, each scaled so that its largest entry is one.
    """

    joint: Floats
    marginal: Floats
    messages: Floats


def propagate(plan: Plan, potential: Floats, leaves: Floats, semiring: Semiring) -> Pass:
    """All joints and marginals; potential [entries, B], leaves [leaves, B], in the semiring's numbers (Hugin's two
    passes)."""
    columns = leaves.shape[1]
    pool = np.empty((plan.entries + plan.leaves + plan.message_entries, columns))
    pool[: plan.entries] = potential
    pool[plan.entries : plan.entries + plan.leaves] = leaves
    messages = pool[plan.entries + plan.leaves :]
    joint = np.empty((plan.entries, columns))
    for level in reversed(plan.levels):
        table = _reduce(semiring.times, pool, level.product)
        joint[level.entries] = table
        message = semiring.plus.reduceat(table, level.block_start, axis=0)
        largest = np.maximum.reduceat(message, level.message_start, axis=0)
        scale = np.repeat(largest, level.message_size, axis=0)
        messages[level.messages] = _divide(semiring, message, scale)
        joint[level.entries] = _divide(semiring, table, np.repeat(scale, level.block_size, axis=0))
    for level in plan.levels:
        if level.from_parent is None:
            below = np.full((level.messages.stop - level.messages.start, columns), semiring.one)
        else:
            below = _reduce(semiring.plus, joint, level.from_parent)
        ratio = _divide(semiring, below, messages[level.messages])
        semiring.times(joint[level.entries], np.repeat(ratio, level.block_size, axis=0), out=joint[level.entries])
    return Pass(joint, _reduce(semiring.plus, joint, plan.marginal), messages)


def log_marginals(plan: Plan, log_potential: Floats, log_leaves: Floats) -> Floats:
    """The log-probability of every state of every variable; shape [leaves, B].

    `log_potential` has shape [entries, 1] or [entries, B], at most 0; `log_leaves` [leaves, B], at most 0, −inf where
    a state is ruled out. Raises `impossible-evidence` if nothing is left.
    """
    columns = log_leaves.shape[1]
    answer = np.empty((plan.leaves, columns))
    potential = np.exp(log_potential)
    step = max(1, CHUNK_ENTRIES // plan.entries)
    for first in range(0, columns, step):
        part = slice(first, min(first + step, columns))
        shared = log_potential.shape[1] == 1
        leaves = np.exp(log_leaves[:, part])
        with np.errstate(invalid="ignore", divide="ignore"):
            done = propagate(plan, potential if shared else potential[:, part], leaves, LINEAR)
            answer[:, part] = np.log(done.marginal)
        lost = ~_safe(plan, done, log_leaves[:, part] > -np.inf)
        for column in np.flatnonzero(lost) + first:
            only = slice(column, column + 1)
            again = propagate(plan, log_potential if shared else log_potential[:, only], log_leaves[:, only], LOG)
            if (np.maximum.reduceat(again.marginal, plan.leaf_start[:-1], axis=0) == -np.inf).any():
                raise Incorrect("impossible-evidence", "What is assumed cannot hold together.")
            answer[:, only] = again.marginal
    return answer


def _safe(plan: Plan, done: Pass, possible: Bools) -> Bools:
    """Which columns lost no digits: all that is possible is well above the smallest double."""
    everywhere = np.ones((1, possible.shape[1]), dtype=np.bool_)
    if possible.all():
        marginals, messages = done.marginal, done.messages
    else:
        agrees = _reduce(np.logical_and, np.concatenate([possible, everywhere]), plan.message_leaves)
        marginals, messages = np.where(possible, done.marginal, 1.0), np.where(agrees, done.messages, 1.0)
    return np.asarray((marginals >= _SMALL).all(axis=0) & (messages >= _SMALL).all(axis=0))


def _reduce(operation: np.ufunc, pool: npt.NDArray[Any], gather: Gather) -> npt.NDArray[Any]:
    return np.asarray(operation.reduceat(pool.take(gather.index, axis=0), gather.start, axis=0))


def _divide(semiring: Semiring, above: Floats, below: Floats) -> Floats:
    """The quotient, zero where the divisor is: there the dividend is zero too."""
    quotient = np.full_like(above, semiring.zero)
    semiring.over(above, below, out=quotient, where=below != semiring.zero)
    return quotient
