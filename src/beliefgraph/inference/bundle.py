"""Connected parts that share one plan, with the two queries everything else is built on: log-odds and marginals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from beliefgraph.inference.arrays import Flags, Floats, Ints
from beliefgraph.inference.factors import Family, Pair
from beliefgraph.inference.intervals import Pairwise
from beliefgraph.inference.kernels.crowds import BLOCK_OF
from beliefgraph.inference.plan import Plan
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.variables import Variables

MANY = 2_048
"""Number of rows from which two threads are faster than one."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Connected parts, calibrated.

    `members` are the beliefs, those of one variable together as `variables` says, `in_order` if they are 0, 1, 2 and so
    on; `part` is the part of each, numbered from 0 in their order. `conditionals` are the log tables of the `families`,
    over the beliefs of each, as they are in the engine's `log_potential`. `own` are the log-odds of each member before
    any relation, and `pairs` the undirected relations.
    """

    variables: Variables
    members: Ints
    part: Ints
    prior_log_odds: Floats
    engine: Engine
    families: tuple[Family, ...]
    conditionals: tuple[Floats, ...]
    own: Floats
    pairs: tuple[Pair, ...]

    in_order: bool = field(init=False)
    place: Mapping[int, int] = field(init=False)
    """The index of each member among them."""
    unfixed: Flags = field(init=False)
    """The flags if no member is fixed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "unfixed", np.zeros(len(self.members), dtype=np.uint8))
        object.__setattr__(self, "in_order", np.array_equal(self.members, np.arange(len(self.members))))
        object.__setattr__(self, "place", {belief: at for at, belief in enumerate(self.members.tolist())})

    @property
    def plan(self) -> Plan:
        """The plan of a pass."""
        return self.engine.plan

    def holds_all_of(self, beliefs: int) -> bool:
        """Whether its members are exactly this many beliefs, from 0 up in order."""
        return self.in_order and len(self.members) == beliefs

    def log_odds(self, rows: Floats, fixed: Mapping[int, bool], cut: AbstractSet[int]) -> Floats:
        """The log-odds of each member for each row of evidence; shape [B, members]. Raises `impossible-evidence`.

        A part without evidence has its priors. `cut` are the effects whose conditional table is removed.
        """
        engine = self.without(cut) if cut else self.engine
        flags = self.flags(fixed) if fixed else self.unfixed
        return engine.log_odds(self.variables, self._own(rows), flags, self.prior_log_odds)

    def cohort(self, rows: Floats, asked: Sequence[int]) -> Floats:
        """The log-odds of some members for many rows of evidence; shape [B, asked]."""
        own = self._own(rows)
        places = [self.place[belief] for belief in asked]
        answer = np.empty((len(own), len(asked)))
        if len(own) < MANY:
            self.engine.cohort(self.variables, own, self.prior_log_odds, places, answer)
            return answer
        middle = len(own) // (2 * BLOCK_OF) * BLOCK_OF
        with ThreadPoolExecutor(1) as other:
            first = other.submit(
                self.engine.cohort, self.variables, own[:middle], self.prior_log_odds, places, answer[:middle]
            )
            self.engine.cohort(self.variables, own[middle:], self.prior_log_odds, places, answer[middle:])
            first.result()
        return answer

    def log_marginals(self, rows: Floats, fixed: Sequence[Mapping[int, bool]], cut: AbstractSet[int]) -> Floats:
        """The log-probability of [does not hold, holds] for each member; shape [members, 2, B].

        One row of evidence (shape [B, n]) and one mapping of fixed beliefs per query; `cut` are the effects whose
        conditional table is removed. Raises `impossible-evidence`.
        """
        flags = np.array([self.flags(known) for known in fixed])
        weight, has_evidence = self.variables.weights(rows.take(self.members, axis=1), flags)
        no, yes = self.variables.split_logs(self.without(cut).log_marginals(weight, has_evidence))
        return np.stack([no, yes], axis=2).transpose(1, 2, 0)

    def pairwise(self, joined: Sequence[tuple[int, ...]] = (), log_tables: Sequence[Floats] = ()) -> Pairwise | None:
        """The same distribution multiplied by further tables over beliefs, as pairwise tables.

        None if a table has more than two beliefs, and if there are categorical variables.
        """
        scopes = [*(pair.beliefs for pair in self.pairs), *(family.beliefs for family in self.families), *joined]
        tables = [*(pair.log_table for pair in self.pairs), *self.conditionals, *log_tables]
        pairs = [(scope[0], scope[1]) for scope in scopes if len(scope) == 2]
        if len(pairs) < len(scopes) or self.variables.values:
            return None
        return Pairwise.of(self.own, pairs, [table.reshape(2, 2) for table in tables])

    def _own(self, rows: Floats) -> Floats:
        """The columns of its members."""
        return np.ascontiguousarray(rows) if self.holds_all_of(rows.shape[1]) else rows.take(self.members, axis=1)

    def flags(self, fixed: Mapping[int, bool]) -> Flags:
        """For each member whether it is fixed to hold (1), fixed not to hold (2), or neither (0)."""
        flags = np.zeros(len(self.members), dtype=np.uint8)
        for belief, holds in fixed.items():
            if belief in self.place:
                flags[self.place[belief]] = 1 if holds else 2
        return flags

    def without(self, effects: AbstractSet[int]) -> Engine:
        """The engine with the conditional tables of some effects removed."""
        gone = {self.place[belief] for belief in effects if belief in self.place}
        if not gone:
            return self.engine
        potential = self.engine.log_potential.copy()
        rows = []
        for family, table in zip(self.families, self.conditionals, strict=True):
            if family.effect in gone:
                (scope,) = self.variables.scopes([family.beliefs])
                rows.append(self.plan.home_row(scope))
                clique = self.plan.cliques[rows[-1]]
                entries = slice(clique.start, clique.start + clique.size)
                potential[entries] -= table[self.variables.stated([family.beliefs])][clique.projection(scope)]
                potential[entries] -= potential[entries].max()
        return self.engine.with_potentials(potential, rows)
