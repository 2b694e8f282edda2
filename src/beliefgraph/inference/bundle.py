"""Some connected parts with one plan, and the one question everything else is made of: all their marginals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats, Ints
from beliefgraph.inference.factors import Family
from beliefgraph.inference.plan import Plan
from beliefgraph.inference.propagation import log_marginals


@dataclass(frozen=True, slots=True)
class Bundle:
    """Some connected parts, calibrated.

    `members` are the beliefs, `part` the part each belongs to, numbered from 0 in their order, and `part_start` where
    each part begins. `conditionals` are the log tables of the `families`, over each one's scope, as they stand in
    `log_potential`.
    """

    members: Ints
    part: Ints
    part_start: Ints
    plan: Plan
    log_potential: Floats
    families: tuple[Family, ...]
    conditionals: tuple[Floats, ...]

    def log_marginals(self, rows: Floats, fixed: Sequence[Mapping[int, bool]], cut: AbstractSet[int]) -> Floats:
        """The log-probability of [does not hold, holds] for each member; shape [members, 2, B].

        One row of evidence (shape [B, n]) and one mapping of fixed beliefs per question; `cut` are the effects whose
        conditional table is taken out. Raises `impossible-evidence`.
        """
        place = {int(belief): at for at, belief in enumerate(self.members)}
        leaves = np.zeros((len(self.members), 2, len(rows)))
        given = rows[:, self.members].T
        leaves[:, 0], leaves[:, 1] = np.minimum(-given, 0.0), np.minimum(given, 0.0)
        for question, known in enumerate(fixed):
            for belief, holds in known.items():
                if belief in place:
                    leaves[place[belief], :, question] = (-np.inf, 0.0) if holds else (0.0, -np.inf)
        potential = self._without({place[belief] for belief in cut if belief in place})
        answer = log_marginals(self.plan, potential[:, None], leaves.reshape(-1, len(rows)))
        return answer.reshape(len(self.members), 2, len(rows))

    def told(self, rows: Floats, fixed: Mapping[int, bool]) -> Bools:
        """Whether each question says anything about each member's part; shape [B, members]."""
        says = rows[:, self.members] != 0.0
        if fixed:
            says |= np.isin(self.members, list(fixed))
        return np.asarray(np.logical_or.reduceat(says, self.part_start, axis=1)[:, self.part])

    def _without(self, effects: AbstractSet[int]) -> Floats:
        """The potentials with some effects' conditional tables taken out: what they do not obey any more."""
        if not effects:
            return self.log_potential
        potential = self.log_potential.copy()
        for family, table in zip(self.families, self.conditionals, strict=True):
            if family.effect in effects:
                clique = self.plan.home(family.scope)
                entries = slice(clique.start, clique.start + clique.size)
                potential[entries] -= table[clique.projection(family.scope)]
                potential[entries] -= potential[entries].max()
        return potential
