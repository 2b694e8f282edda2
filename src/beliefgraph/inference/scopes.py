"""Sets of variables: the scopes of factors or tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from beliefgraph.inference.arrays import Ints


@dataclass(frozen=True, slots=True, eq=False)
class Scopes:
    """Some sets of variables, flat: the i-th is `variables[start[i]:start[i + 1]]`."""

    start: Ints
    variables: Ints

    def __len__(self) -> int:
        return len(self.start) - 1

    @classmethod
    def of(cls, scopes: Sequence[Sequence[int]]) -> Scopes:
        """The same sets as arrays."""
        start = np.zeros(len(scopes) + 1, dtype=np.int64)
        np.cumsum([len(scope) for scope in scopes], out=start[1:])
        return cls(start, np.fromiter(chain.from_iterable(scopes), dtype=np.int64, count=int(start[-1])))

    @classmethod
    def alone(cls, variables: Ints) -> Scopes:
        """Each variable by itself."""
        return cls(np.arange(len(variables) + 1), variables)

    def then(self, others: Scopes) -> Scopes:
        """The concatenation of both."""
        start = np.concatenate([self.start, self.start[-1] + others.start[1:]])
        return Scopes(start, np.concatenate([self.variables, others.variables]))

    def only(self, wanted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Scopes:
        """The same sets without the other variables."""
        kept = wanted[self.variables]
        return Scopes(np.concatenate([[0], np.cumsum(kept)])[self.start], self.variables[kept])

    def holding(self, size: int) -> tuple[Ints, Ints]:
        """Which sets contain each of `size` variables, ascending: where those of each start, and all."""
        order = np.argsort(self.variables, kind="stable")
        rows = np.repeat(np.arange(len(self)), np.diff(self.start))
        return np.searchsorted(self.variables[order], np.arange(size + 1)), rows[order]
