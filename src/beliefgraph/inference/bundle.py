"""Some connected parts with one plan, and the two questions everything else is made of: all their log-odds, all their
marginals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Floats, Ints
from beliefgraph.inference.factors import Family
from beliefgraph.inference.kernels import BLOCK_OF
from beliefgraph.inference.plan import Plan
from beliefgraph.inference.propagation import Engine

MANY = 2_048
"""From so many rows on, two threads are faster than one."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """Some connected parts, calibrated.

    `members` are the beliefs, `part` the part each belongs to, numbered from 0 in their order. `conditionals` are the
    log tables of the `families`, over each one's scope, as they stand in the engine's `log_potential`.
    """

    members: Ints
    part: Ints
    prior_log_odds: Floats
    engine: Engine
    families: tuple[Family, ...]
    conditionals: tuple[Floats, ...]

    @property
    def plan(self) -> Plan:
        """How a pass is run."""
        return self.engine.plan

    def log_odds(self, rows: Floats, fixed: Mapping[int, bool], cut: AbstractSet[int]) -> Floats:
        """The log-odds of each member, row of evidence by row; shape [B, members]. Raises `impossible-evidence`.

        A part that is told nothing answers its priors. `cut` are the effects whose conditional table is taken out.
        """
        states = np.zeros(len(self.members), dtype=np.uint8)
        if fixed:
            place = self.place
            for belief, holds in fixed.items():
                if belief in place:
                    states[place[belief]] = 1 if holds else 2
        return self._without(cut).log_odds(rows.take(self.members, axis=1), states, self.prior_log_odds)

    def cohort(self, rows: Floats, asked: Sequence[int]) -> Floats:
        """The log-odds of some members for many rows of evidence; shape [B, asked]."""
        place = self.place
        own = rows if np.array_equal(self.members, np.arange(rows.shape[1])) else rows.take(self.members, axis=1)
        places = [place[belief] for belief in asked]
        own = np.ascontiguousarray(own)
        answer = np.empty((len(own), len(asked)))
        if len(own) < MANY:
            self.engine.cohort(own, self.prior_log_odds, places, answer)
            return answer
        middle = len(own) // (2 * BLOCK_OF) * BLOCK_OF
        with ThreadPoolExecutor(1) as other:
            first = other.submit(self.engine.cohort, own[:middle], self.prior_log_odds, places, answer[:middle])
            self.engine.cohort(own[middle:], self.prior_log_odds, places, answer[middle:])
            first.result()
        return answer

    def log_marginals(self, rows: Floats, fixed: Sequence[Mapping[int, bool]], cut: AbstractSet[int]) -> Floats:
        """The log-probability of [does not hold, holds] for each member; shape [members, 2, B].

        One row of evidence (shape [B, n]) and one mapping of fixed beliefs per question; `cut` are the effects whose
        conditional table is taken out. Raises `impossible-evidence`.
        """
        place = self.place
        given = rows.take(self.members, axis=1)
        weight = np.exp(np.minimum(np.stack([-given, given], axis=2), 0.0))
        said = (given != 0.0).astype(np.uint8)
        for question, known in enumerate(fixed):
            for belief, holds in known.items():
                if belief in place:
                    weight[question, place[belief]] = (0.0, 1.0) if holds else (1.0, 0.0)
                    said[question, place[belief]] = 1
        answer = self._without(cut).log_marginals(weight.reshape(len(rows), -1), said)
        return np.asarray(answer.reshape(len(rows), -1, 2).transpose(1, 2, 0))

    @property
    def place(self) -> dict[int, int]:
        """Where each member stands among them."""
        return {int(belief): at for at, belief in enumerate(self.members)}

    def _without(self, effects: AbstractSet[int]) -> Engine:
        """The engine with some effects' conditional tables taken out: what they do not obey any more."""
        place = self.place if effects else {}
        gone = {place[belief] for belief in effects if belief in place}
        if not gone:
            return self.engine
        potential = self.engine.log_potential.copy()
        rows = []
        for family, table in zip(self.families, self.conditionals, strict=True):
            if family.effect in gone:
                rows.append(self.plan.home_row(family.scope))
                clique = self.plan.cliques[rows[-1]]
                entries = slice(clique.start, clique.start + clique.size)
                potential[entries] -= table[clique.projection(family.scope)]
                potential[entries] -= potential[entries].max()
        return self.engine.with_potentials(potential, rows)
