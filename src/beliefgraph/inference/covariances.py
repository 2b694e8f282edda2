"""Clique-wise covariances of beliefs without evidence, and the step in fields that they imply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.native import native
from beliefgraph.inference.plan import Tables, projection
from beliefgraph.inference.variables import Variables


def coordinates(variables: Variables, priors: Floats, related: set[int]) -> list[tuple[int, ...]]:
    """The beliefs of each variable with an unknown of their own: binary beliefs, and values that have relations.

    Shifting the fields of all values of a variable changes nothing, and values without relations share one field. So
    these have none, and if every value has a relation the most likely one has none.
    """
    found: list[tuple[int, ...]] = []
    for first, last in pairwise(variables.first.tolist()):
        if last - first == 1:
            found.append((first,))
            continue
        chosen = [belief for belief in range(first, last) if belief in related]
        if len(chosen) == last - first:
            chosen.remove(first + int(np.argmax(priors[first:last])))
        found.append(tuple(chosen))
    return found


@dataclass(frozen=True, slots=True)
class Alike:
    """Cliques of one shape.

    The beliefs with an unknown [G, k], of which `shared` are also the parents'; the table entries [G, size]; the number
    of states of each axis, and which of them are those beliefs.
    """

    beliefs: Ints
    entries: Ints
    cards: tuple[int, ...]
    states: tuple[tuple[int, ...], ...]
    shared: int

    def step(self, joint: Floats, gap: Floats, step: Floats) -> None:
        """Add the contribution of these cliques to the step, and subtract that of their separators, counted twice."""
        mean, moment = self._moments(joint[self.entries])
        covariance = moment - mean[:, :, None] * mean[:, None, :]
        covariance += 1e-13 * np.eye(mean.shape[1])
        wanted = gap[self.beliefs][:, :, None]
        np.add.at(step, self.beliefs, np.linalg.solve(covariance, wanted)[:, :, 0])
        if self.shared:
            inside = slice(0, self.shared)
            part = np.linalg.solve(covariance[:, inside, inside], wanted[:, inside])[:, :, 0]
            np.add.at(step, self.beliefs[:, inside], -part)

    def _moments(self, joint: Floats) -> tuple[Floats, Floats]:
        """The mean of every belief [G, k] and of every product of two [G, k, k]."""
        if set(self.states) == {(1,)}:
            held = np.array([projection(self.cards, (axis,)) for axis in range(len(self.cards))], dtype=np.float64)
            return joint @ held.T, np.matmul(joint[:, None, :] * held, held.T)
        size = sum(map(len, self.states))
        place, at = np.full((len(self.cards), max(self.cards)), -1), 0
        for axis, states in enumerate(self.states):
            place[axis, list(states)] = np.arange(at, at + len(states))
            at += len(states)
        mean, moment = np.zeros((len(joint), size)), np.zeros((len(joint), size, size))
        _add_up(joint, np.array(self.cards), place, mean, moment)
        return mean, moment


@native
def _add_up(joint: Floats, cards: Ints, place: Ints, mean: Floats, moment: Floats) -> None:
    """Sum means and products entry by entry, for axes with many states.

    `place[axis, state]` is the index of the state's belief among the unknowns, −1 if it has none.
    """
    axes = len(cards)
    held = np.empty(axes, dtype=np.int64)
    for g in range(len(joint)):
        for j in range(joint.shape[1]):
            left, number = j, 0
            for axis in range(axes - 1, -1, -1):
                at = place[axis, left % cards[axis]]
                left //= cards[axis]
                if at >= 0:
                    held[number] = at
                    number += 1
            for a in range(number):
                mean[g, held[a]] += joint[g, j]
                for b in range(number):
                    moment[g, held[a], held[b]] += joint[g, j]


def alike(tables: Tables, variables: Variables, unknown: Sequence[tuple[int, ...]]) -> list[Alike]:
    """The cliques grouped by shape; `unknown` are the beliefs of each variable that have an unknown."""
    number = np.diff(tables.scopes.start)
    axis_shape = np.zeros(len(variables.cards), dtype=np.int64)
    shapes: dict[tuple[int, ...], int] = {}
    for v in variables.values:
        key = (int(variables.cards[v]), *variables.state[list(unknown[v])].tolist())
        axis_shape[v] = shapes.setdefault(key, 1 + len(shapes))
    shape = np.zeros(len(number), dtype=np.int64)
    seen: dict[tuple[int, ...], int] = {}
    along = axis_shape[tables.scopes.variables]
    for k in np.flatnonzero(np.logical_or.reduceat(along != 0, tables.scopes.start[:-1])).tolist():
        key = tuple(along[tables.scopes.start[k] : tables.scopes.start[k + 1]].tolist())
        shape[k] = seen.setdefault(key, 1 + len(seen))
    found = []
    for axes, shared, same in dict.fromkeys(zip(number.tolist(), tables.shared.tolist(), shape.tolist(), strict=True)):
        members = np.flatnonzero((number == axes) & (tables.shared == shared) & (shape == same))
        scopes = tables.scopes.variables[tables.scopes.start[members][:, None] + np.arange(axes)]
        cards = tuple(variables.cards[scopes[0]].tolist())
        states = tuple(tuple(variables.state[list(unknown[v])].tolist()) for v in scopes[0].tolist())
        if not any(states):
            continue
        beliefs = variables.first[scopes]
        if same:
            beliefs = np.array([[belief for v in scope for belief in unknown[v]] for scope in scopes.tolist()])
        size = int(tables.size[members[0]])
        most = max(1, 2**22 // (axes * size))
        for some in np.split(np.arange(len(members)), range(most, len(members), most)):
            entries = tables.start[members[some]][:, None] + np.arange(size)
            found.append(Alike(beliefs[some], entries, cards, states, sum(map(len, states[:shared]))))
    return found
