"""How beliefs move together without evidence, clique by clique, and the fields that this says would close a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.plan import Tables, projection
from beliefgraph.inference.variables import Variables


def coordinates(variables: Variables, priors: Floats, related: set[int]) -> list[tuple[int, ...]]:
    """The beliefs of each variable that have an unknown of their own: a belief by itself, of values those related.

    The fields of a variable's values may all be moved by one number, which changes nothing; and those of values in no
    relation are alike. So these have none, and where every value is in a relation the likeliest has none.
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
    """Cliques of one shape: the beliefs with an unknown [G, k], `shared` of them the parents' too; the table entries
    [G, size]; the number of states of each axis, and which of them are those beliefs."""

    beliefs: Ints
    entries: Ints
    cards: tuple[int, ...]
    states: tuple[tuple[int, ...], ...]
    shared: int

    def step(self, joint: Floats, gap: Floats, step: Floats) -> None:
        """Add to the step what these cliques say, and take away what they say twice: of their separators."""
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
        return _moments(joint.reshape(-1, *self.cards), self.states)


def _moments(joint: Floats, states: tuple[tuple[int, ...], ...]) -> tuple[Floats, Floats]:
    """The same where axes have many states: by the margins of one and two of them, which are small."""
    axes = range(1, joint.ndim)
    place = np.cumsum([0, *map(len, states)])
    mean, moment = np.empty((len(joint), place[-1])), np.empty((len(joint), place[-1], place[-1]))
    for one in axes:
        here, own = slice(place[one - 1], place[one]), list(states[one - 1])
        mean[:, here] = joint.sum(axis=tuple(axis for axis in axes if axis != one))[:, own]
        moment[:, here, here] = mean[:, here, None] * np.eye(len(own))
        for other in range(one + 1, joint.ndim):
            there, theirs = slice(place[other - 1], place[other]), list(states[other - 1])
            both = joint.sum(axis=tuple(axis for axis in axes if axis not in (one, other)))[:, own][:, :, theirs]
            moment[:, here, there] = both
            moment[:, there, here] = both.transpose(0, 2, 1)
    return mean, moment


def alike(tables: Tables, variables: Variables, unknown: Sequence[tuple[int, ...]]) -> list[Alike]:
    """The cliques, those of one shape together; `unknown` are the beliefs of each variable that have an unknown."""
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
