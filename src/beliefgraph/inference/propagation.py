"""Passes over a plan with its potentials: every marginal, exactly, in any numeric range.

The linear pass multiplies and adds probabilities. A tree with numbers so small that precision could be lost is computed
again with logarithms: slower, but always right. The choice depends on that tree's evidence alone, so an answer does not
depend on other queries in the same call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beliefgraph.errors import Incorrect
from beliefgraph.inference.arrays import Bools, Flags, Floats
from beliefgraph.inference.kernels import crowds, logarithms, passes, upward
from beliefgraph.inference.kernels.passes import LOST, Start
from beliefgraph.inference.plan import HOME, PARENT, Plan
from beliefgraph.inference.variables import Variables


@dataclass(frozen=True, slots=True)
class Engine:
    """A plan with potentials (of logarithm `log_potential`, shape [entries], at most 0), ready to be run.

    `table`, `total` and `message` are the results of the upward pass without evidence, and `fit` (one flag per tree)
    says where it lost no precision; `changed` are the cliques whose potential differs from the original one.
    """

    plan: Plan
    log_potential: Floats
    potential: Floats
    table: Floats
    total: Floats
    message: Floats
    fit: Flags
    changed: Flags

    @classmethod
    def of(cls, plan: Plan, log_potential: Floats) -> Engine:
        """The engine of a plan with these potentials."""
        potential = np.exp(log_potential)
        table, total, message = np.empty(plan.entries), np.empty(plan.message_entries), np.empty(plan.message_entries)
        fit = np.empty(len(plan.trees), dtype=np.uint8)
        upward.from_nothing(plan.layout, (potential, log_potential), (table, total, message), fit)
        unchanged = np.zeros(len(plan.codes), dtype=np.uint8)
        return cls(plan, log_potential, potential, table, total, message, fit, unchanged)

    @property
    def start(self) -> Start:
        """The arrays that the kernels use."""
        made = self.table, self.total, self.message
        return self.potential, self.log_potential, *made, self.fit, self.changed

    def with_potentials(self, log_potential: Floats, rows: list[int]) -> Engine:
        """The engine with other potentials in the cliques of some rows."""
        changed = self.changed.copy()
        changed[rows] = 1
        return Engine(
            self.plan, log_potential, np.exp(log_potential), self.table, self.total, self.message, self.fit, changed
        )

    def log_odds(self, variables: Variables, given: Floats, fixed: Flags, prior: Floats) -> Floats:
        """The log-odds of every belief for each row of evidence; shape [B, n].

        `fixed` (shape [n]) is 1 for a belief fixed to hold, 2 for one fixed not to. A tree without evidence has the
        `prior`. Raises `impossible-evidence`.
        """
        answer = np.empty(given.shape)
        status = np.empty((len(given), len(self.plan.trees)), dtype=np.uint8)
        passes.log_odds(
            self.plan.layout, self.start, variables.first, variables.start, given, fixed, prior, answer, status
        )
        for row, tree in np.argwhere(status == LOST).tolist() if (status == LOST).any() else ():
            weight, _ = variables.weights(given[row : row + 1], fixed[None])
            no, yes = variables.split_logs(self.log_tree(tree, weight[0])[None])
            here = self.plan.tree_of[variables.variable] == tree
            answer[row, here] = yes[0, here] - no[0, here]
        return answer

    def cohort(self, variables: Variables, given: Floats, prior: Floats, asked: Sequence[int], answer: Floats) -> None:
        """Write the log-odds of the requested beliefs, for many rows of evidence, to `answer`, shape [B, asked].

        Bit-identical to `log_odds`; the downward pass only visits the requested beliefs.
        """
        plan = self.plan
        wanted = np.zeros(len(plan.codes), dtype=np.uint8)
        for k in plan.leaf_codes[plan.leaf_row[variables.variable[list(asked)]], HOME].tolist():
            while not wanted[k]:
                wanted[k] = 1
                k = int(plan.codes[k, PARENT])
        column = np.full(len(prior), -1)
        column[list(asked)] = np.arange(len(asked))
        suspect = np.zeros(len(given), dtype=np.uint8)
        crowds.cohort(
            plan.layout, self.start, variables.first, variables.start, given, prior, wanted, column, answer, suspect
        )
        again = np.flatnonzero(suspect)
        if again.size:
            nothing = np.zeros(len(prior), dtype=np.uint8)
            answer[again] = self.log_odds(variables, given[again], nothing, prior)[:, list(asked)]

    def log_marginals(self, weight: Floats, has_evidence: Flags) -> Floats:
        """The log-probability of every state of every variable, given its weight; both have shape [B, leaves].

        `weight` is what is observed, each at most 1, 0 if a state is ruled out. Where `has_evidence` (shape [B,
        variables]) is 0 the weights are 1. Raises `impossible-evidence`.
        """
        marginal, status, _ = self._distributions(weight, has_evidence)
        lost = np.argwhere(status == LOST).tolist()
        with np.errstate(divide="ignore", invalid="ignore"):
            answer = np.log(marginal)
        for row, tree in lost:
            logs = self.log_tree(tree, weight[row])
            here = self.leaves(tree)
            answer[row, here] = logs[here]
        return np.asarray(answer)

    def joint(self) -> tuple[Floats, Floats]:
        """Every clique's joint (shape [entries]) and every marginal ([leaves]) without evidence.

        NaN if precision was lost: for callers that check.
        """
        free = np.zeros((1, len(self.plan.leaf_codes)), dtype=np.uint8)
        marginal, status, joint = self._distributions(np.ones((1, self.plan.leaves)), free)
        if (status == LOST).any():
            return np.full_like(joint, np.nan), np.full_like(marginal[0], np.nan)
        return joint, marginal[0]

    def joints(self, weight: Floats) -> tuple[Floats, Floats, Bools]:
        """The joint of every clique, the log mass of every tree, and validity, for each row of leaves.

        Shapes: `weight` [B, leaves], each at most 1; joint [B, entries], log mass [B, trees], validity [B]. A row that
        lost precision or is impossible is not valid. The difference of two masses of one tree is how much more likely
        one row's observations are, given the same potentials.
        """
        joint = np.empty((len(weight), self.plan.entries))
        log_mass = np.empty((len(weight), len(self.plan.trees)))
        status = np.empty((len(weight), len(self.plan.trees)), dtype=np.uint8)
        has_evidence = np.minimum.reduceat(weight, self.plan.leaf_start[:-1], axis=1) < 1.0
        passes.joints(self.plan.layout, self.start, weight, has_evidence.astype(np.uint8), joint, log_mass, status)
        return joint, log_mass, np.asarray((status != LOST).all(axis=1))

    def log_tree(self, tree: int, weight: Floats) -> Floats:
        """The log-marginals of one tree (shape [leaves], only its own are set), computed with logarithms throughout."""
        logs = np.full(self.plan.leaves, -np.inf)
        first, last = self.plan.trees[tree]
        if not logarithms.log_tree(self.plan.layout, first, last, self.log_potential, weight, logs):
            raise Incorrect("impossible-evidence", "The assumptions contradict each other.")
        return logs

    def leaves(self, tree: int) -> Bools:
        """The leaves of a tree."""
        return np.asarray(np.repeat(self.plan.tree_of == tree, np.diff(self.plan.leaf_start)))

    def _distributions(self, weight: Floats, has_evidence: Flags) -> tuple[Floats, Flags, Floats]:
        marginal = np.empty(weight.shape)
        joint = np.empty(self.plan.entries)
        status = np.empty((len(weight), len(self.plan.trees)), dtype=np.uint8)
        passes.distributions(self.plan.layout, self.start, weight, has_evidence, marginal, joint, status)
        return marginal, status, joint
