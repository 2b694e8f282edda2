"""Index from the values of all factors to the table entries of a plan, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Codes, Floats, Ints
from beliefgraph.inference.native import native
from beliefgraph.inference.plan import Tables
from beliefgraph.inference.scopes import Scopes


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """The factors over some scopes, their values concatenated, each assigned to the smallest clique that contains it.

    The values of factor i begin at `value[i]`. Its map, at `map_at[i]` among the `maps`, gives for every entry of the
    clique's table which of these values applies.
    """

    tables: Tables
    row: Ints
    value: Ints
    map_at: Ints
    maps: Codes

    @classmethod
    def of(cls, tables: Tables, scopes: Scopes) -> Incidence:
        """The factors over these scopes, none of them empty, axes in their order."""
        row = tables.homes(scopes)
        value = np.zeros(len(scopes) + 1, dtype=np.int64)
        np.cumsum(np.multiply.reduceat(tables.cards[scopes.variables], scopes.start[:-1]), out=value[1:])
        return cls(tables, row, value, *tables.maps(row, scopes))

    def total(self, values: Floats) -> Floats:
        """The sum of the factors at each table entry, added in their order; shape [entries]."""
        return _total(self.row, self.value, self.map_at, self.maps, self.tables.start, self.tables.size, values)

    def margins(self, joint: Floats) -> Floats:
        """For every value of every factor the sum of the table entries at which it applies."""
        return _margins(self.row, self.value, self.map_at, self.maps, self.tables.start, self.tables.size, joint)


@native
def _total(row: Ints, value: Ints, map_at: Ints, maps: Codes, start: Ints, size: Ints, values: Floats) -> Floats:
    total = np.zeros(start[-1] + size[-1])
    for i in range(len(row)):
        at = start[row[i]]
        for j in range(size[row[i]]):
            total[at + j] += values[value[i] + maps[map_at[i] + j]]
    return total


@native
def _margins(row: Ints, value: Ints, map_at: Ints, maps: Codes, start: Ints, size: Ints, joint: Floats) -> Floats:
    margins = np.zeros(value[-1])
    for i in range(len(row)):
        at = start[row[i]]
        for j in range(size[row[i]]):
            margins[value[i] + maps[map_at[i] + j]] += joint[at + j]
    return margins
