"""Which beliefs are the states of one variable: converts arrays of beliefs to arrays of states.

A binary belief is a variable of two states, *no* and *yes*. The values of a group, of which exactly one holds, are the
states of one variable; each is a belief that holds if the variable has that state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints
from beliefgraph.inference.kernels import observed, odds
from beliefgraph.inference.plan import projection

_REMEMBERED = 512
"""Maximum size of tables whose maps are cached: they are few and used constantly."""


@dataclass(frozen=True, slots=True, eq=False)
class Variables:
    """Beliefs numbered so that variable v has those from `first[v]` to `first[v + 1]`: one, or the values of a group.

    `cards[v]` is the number of states of v and `start[v]` the index of the first among all states, the leaves of a
    plan. `variable[b]` is the variable of belief b, `state[b]` the state in which b holds, and `leaf[b]` that state
    among the leaves.
    """

    first: Ints
    cards: Ints
    start: Ints
    variable: Ints
    state: Ints
    leaf: Ints

    @classmethod
    def of(cls, beliefs: Sequence[int]) -> Variables:
        """Variables with this many beliefs each, in this order."""
        number = np.array(beliefs, dtype=np.int64)
        alone = number == 1
        cards = np.where(alone, 2, number)
        first, start = (np.concatenate([[0], np.cumsum(sizes)]) for sizes in (number, cards))
        variable = np.repeat(np.arange(len(number)), number)
        state = np.arange(len(variable)) + (alone - first[:-1])[variable]
        return cls(first, cards, start, variable, state, start[variable] + state)

    @property
    def values(self) -> list[int]:
        """The variables whose states are the values of a group."""
        return np.flatnonzero(np.diff(self.first) > 1).tolist()

    def scopes(self, joined: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
        """The variables of some sets of beliefs, each variable once."""
        if not self.values:  # each belief is its own variable
            return list(joined)
        variable = self.variable.tolist()
        return [tuple(dict.fromkeys([variable[belief] for belief in beliefs])) for beliefs in joined]

    def stated(self, joined: Sequence[tuple[int, ...]]) -> Ints:
        """For each entry of tables over variables, the corresponding entry of tables over the beliefs themselves.

        There is one table for each set of beliefs, and one after another; the first kind is over the set's variables.
        Each belief holds or does not, and the last axis varies fastest.
        """
        if not self.values:
            return np.arange(sum([1 << len(beliefs) for beliefs in joined]))
        variable, state, cards = self.variable.tolist(), self.state.tolist(), self.cards.tolist()
        parts, before = [], 0
        for beliefs, scope in zip(joined, self.scopes(joined), strict=True):
            axes = tuple([scope.index(variable[belief]) for belief in beliefs])
            holding = tuple([state[belief] for belief in beliefs])
            shape = tuple([cards[v] for v in scope])
            which = _holding if prod(shape) > _REMEMBERED else _remembered
            parts.append(before + which(shape, axes, holding))
            before += 1 << len(beliefs)
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def normalised(self, priors: Floats) -> Floats:
        """The stated probabilities, those of a variable's values divided by their sum to remove its rounding error."""
        total = np.add.reduceat(priors, self.first[:-1])
        total[np.diff(self.first) == 1] = 1.0
        return np.asarray(priors / total[self.variable])

    def distributions(self, priors: Floats) -> Floats:
        """The probability of every state, given those of the beliefs; shape [leaves]."""
        states = np.empty(self.start[-1])
        states[self.leaf] = priors
        alone = np.diff(self.first) == 1
        states[self.start[:-1][alone]] = 1.0 - priors[self.first[:-1][alone]]
        return states

    def independent(self, states: Floats, beliefs: tuple[int, ...]) -> Floats:
        """The joint of some beliefs, the last fastest, if their variables were independent with these distributions."""
        (scope,) = self.scopes([beliefs])
        joint = np.ones(1)
        for variable in scope:
            joint = np.outer(joint, states[self.start[variable] : self.start[variable + 1]]).ravel()
        found = np.bincount(self.stated([beliefs]), weights=joint, minlength=1 << len(beliefs))
        return found.astype(np.float64)

    def weights(self, given: Floats, fixed: Flags) -> tuple[Floats, Flags]:
        """The weight of every state ([B, leaves]), and whether there is evidence on each variable ([B, variables]).

        A weight is at most 1, and 0 if the state is ruled out. `given` is λ, `fixed` 1 for a belief fixed to hold and 2
        for one fixed not to; both have shape [B, beliefs].
        """
        weight = np.empty((len(given), int(self.start[-1])))
        has_evidence = np.empty((len(given), len(self.cards)), dtype=np.uint8)
        observed.log_weights(given, fixed, self.first, weight, has_evidence)
        return np.exp(weight), has_evidence

    def scale(self, given: Floats, weight: Floats) -> Floats:
        """The log of the factor by which these weights were divided so that the greatest is 1; shape [B]."""
        logs = np.zeros(weight.shape)
        logs[:, self.leaf] = given
        top = np.maximum.reduceat(np.where(weight == 1.0, logs, -np.inf), self.start[:-1], axis=1)
        return np.asarray(top.sum(axis=1))

    def split(self, marginal: Floats) -> tuple[Floats, Floats]:
        """The probabilities that each belief does not hold, and that it does, from those of all states.

        For a value the first is the sum of the other states, never 1 minus the second.
        """
        no = np.empty(len(self.leaf))
        odds.rest(marginal, self.first, no)
        return no, marginal[self.leaf]

    def split_logs(self, logs: Floats) -> tuple[Floats, Floats]:
        """The same for logarithms, row by row: shape [B, leaves] to [B, beliefs]."""
        no = np.empty((len(logs), len(self.leaf)))
        odds.log_rest(logs, self.first, no)
        return no, logs[:, self.leaf]

    def log_odds(self, priors: Floats) -> Floats:
        """The log-odds of stated probabilities; of a value against the sum of the others."""
        answer = np.log(priors) - np.log1p(-priors)
        for variable in self.values:
            first, last = self.first[variable], self.first[variable + 1]
            odds.contrast(priors, first, first, last, answer)
        return np.asarray(answer)


def _holding(cards: tuple[int, ...], axes: tuple[int, ...], states: tuple[int, ...]) -> Ints:
    """For each entry of a table, which axes are in which states: one bit for each pair, the last lowest."""
    which = np.zeros(prod(cards), dtype=np.int64)
    for axis, state in zip(axes, states, strict=True):
        which = 2 * which + (projection(cards, (axis,)) == state)
    return which


_remembered = lru_cache(maxsize=1024)(_holding)
