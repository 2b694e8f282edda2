"""Which states remain possible after some variables were observed, and the reduced factors.

A state is impossible and removed if some factor has no entry above 0 for it among the remaining states of the others;
this is repeated until nothing changes (arc consistency; A. K. Mackworth, Consistency in networks of relations, 1977).
The result does not depend on the order. Observing a variable removes all its states except one; if tables contain
zeros, this removes many others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints
from beliefgraph.inference.native import native
from beliefgraph.inference.scopes import Scopes


@dataclass(frozen=True, slots=True, eq=False)
class Factors:
    """Some tables, flat: the i-th is over the i-th of `scopes`, with the values `value[start[i]:start[i + 1]]`.

    The states of variable v are numbered `first[v]` to `first[v + 1]` among all states.
    """

    first: Ints
    scopes: Scopes
    start: Ints
    value: Floats

    def possible(self, kept: Flags, seen: Ints) -> bool:
        """Remove states that become impossible when the observed variables are restricted to `kept`.

        `kept` has one flag for every state of every variable. Returns whether every variable has a state left.
        """
        begin, touching = self.scopes.holding(len(self.first) - 1)
        return bool(
            _strike_out(
                self.first,
                self.scopes.start,
                self.scopes.variables,
                self.start,
                self.value,
                begin,
                touching,
                kept,
                seen,
                self._largest,
            )
        )

    def sliced(self, kept: Flags, rows: Ints, size: int) -> Floats:
        """The values of some factors at the kept states, `size` in total."""
        return np.asarray(
            _slice(
                self.first,
                self.scopes.start,
                self.scopes.variables,
                self.start,
                self.value,
                kept,
                rows,
                self._largest,
                size,
            )
        )

    @property
    def _largest(self) -> int:
        return int(np.diff(self.start).max(initial=0))


@native
def _entries(first: Ints, axes: Ints, kept: Flags, entry: Ints) -> int:
    """Write the entries of a table over these variables that are at kept states, in order; returns their number."""
    entry[0] = 0
    made, stride = 1, 1
    for axis in range(len(axes) - 1, -1, -1):
        v = axes[axis]
        states, copies = first[v + 1] - first[v], 0
        for state in range(states):
            copies += kept[first[v] + state]
        copy = copies
        for state in range(states - 1, -1, -1):  # the last copy first: the first is the source of the others
            if kept[first[v] + state]:
                copy -= 1
                for j in range(made):
                    entry[copy * made + j] = entry[j] + state * stride
        made *= copies
        stride *= states
    return made


@native
def _strike_out(
    first: Ints,
    scope_start: Ints,
    variables: Ints,
    start: Ints,
    value: Floats,
    begin: Ints,
    touching: Ints,
    kept: Flags,
    seen: Ints,
    largest: int,
) -> bool:
    factors = len(scope_start) - 1
    entry = np.empty(largest, dtype=np.int64)
    waits, waiting = np.zeros(factors, dtype=np.uint8), np.empty(factors, dtype=np.int64)
    number = 0
    for v in seen:
        for at in range(begin[v], begin[v + 1]):
            if not waits[touching[at]]:
                waits[touching[at]] = 1
                waiting[number] = touching[at]
                number += 1
    while number:
        number -= 1
        i = waiting[number]
        waits[i] = 0
        axes = variables[scope_start[i] : scope_start[i + 1]]
        made = _entries(first, axes, kept, entry)
        inner = made
        for v in axes:
            copies = 0
            for s in range(first[v], first[v + 1]):
                copies += kept[s]
            inner //= copies
            outer = made // (inner * copies)
            copy, struck = 0, 0
            for s in range(first[v], first[v + 1]):
                if not kept[s]:
                    continue
                alive = False
                for block in range(outer):
                    at = (block * copies + copy) * inner
                    for j in range(at, at + inner):
                        alive |= value[start[i] + entry[j]] > 0.0
                    if alive:
                        break
                copy += 1
                if not alive:
                    kept[s] = 0
                    struck += 1
            if struck == copies:
                return False
            if struck:
                for at in range(begin[v], begin[v + 1]):
                    other = touching[at]
                    if other != i and not waits[other]:
                        waits[other] = 1
                        waiting[number] = other
                        number += 1
    return True


@native
def _slice(
    first: Ints,
    scope_start: Ints,
    variables: Ints,
    start: Ints,
    value: Floats,
    kept: Flags,
    rows: Ints,
    largest: int,
    size: int,
) -> Floats:
    entry = np.empty(largest, dtype=np.int64)
    sliced = np.empty(size)
    at = 0
    for i in rows:
        made = _entries(first, variables[scope_start[i] : scope_start[i + 1]], kept, entry)
        for j in range(made):
            sliced[at + j] = value[start[i] + entry[j]]
        at += made
    return sliced
