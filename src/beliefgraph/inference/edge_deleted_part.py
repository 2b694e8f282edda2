"""A connected part that is too wide to be exact, compiled at two widths: what a `Bundle` is to exact parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial

import numpy as np

from beliefgraph.inference.arrays import Bools, Flags, Floats, Ints
from beliefgraph.inference.bundle import Bundle
from beliefgraph.inference.calibrated_bundle import calibrated_bundle
from beliefgraph.inference.conditionals import Conditionals
from beliefgraph.inference.edge_choice import choose, edge_deleted_trees
from beliefgraph.inference.edge_deleted import DeletedFactors, EdgeDeleted, EdgeDeletedTree, Settled
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.factors import Factors
from beliefgraph.inference.intervals import Pairwise
from beliefgraph.inference.plan import Plan, plan
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.quality import APPROXIMATE, EXACT, UNRELIABLE
from beliefgraph.inference.stop import in_abandonable_thread
from beliefgraph.inference.variables import Variables


@dataclass(frozen=True, slots=True)
class Dropped:
    """A factor that does not fit a tree: its beliefs (local), and its log table over them.

    Also the effect whose conditional table it is, -1 if none.
    """

    beliefs: tuple[int, ...]
    log_table: Floats
    effect: int = -1


@dataclass(frozen=True, slots=True)
class EdgeDeletedPart:
    """One connected part, calibrated at two widths.

    `kept` has the trees as bundles, first the one that answers, then the one it is compared with; `dropped` the factors
    that do not fit, each with its beliefs and its log table over these.
    """

    prior_log_odds: Floats
    edge_deleted: EdgeDeleted
    kept: tuple[Bundle, Bundle]
    dropped: tuple[tuple[Dropped, ...], tuple[Dropped, ...]]
    drift: float

    @property
    def members(self) -> Ints:
        """The beliefs."""
        return self.kept[0].members

    @property
    def part(self) -> Ints:
        """The part of each: the same for all."""
        return self.kept[0].part

    @property
    def variables(self) -> Variables:
        """Which members are the values of one variable."""
        return self.kept[0].variables

    @property
    def plan(self) -> Plan:
        """The plan of a pass of the tree that answers."""
        return self.kept[0].plan

    @property
    def entries(self) -> int:
        """The table entries of both trees."""
        return sum(bundle.plan.entries for bundle in self.kept)

    @property
    def place(self) -> Mapping[int, int]:
        """The index of each member among them."""
        return self.kept[0].place

    def posterior(self, rows: Floats, fixed: Mapping[int, bool], cut: AbstractSet[int]) -> tuple[Floats, Floats, Flags]:
        """The log-odds, error bars (nats) and quality of each member for each row of evidence; each [B, members].

        A row without evidence gets the priors, exactly. Raises `impossible-evidence`.
        """
        value = np.tile(self.prior_log_odds, (len(rows), 1))
        error, quality = np.zeros(value.shape), np.full(value.shape, EXACT, dtype=np.uint8)
        (fine, fine_flags), (coarse, coarse_flags) = self._without(0, cut), self._without(1, cut)
        leaf = self.variables.leaf
        weights = self._log_weights(rows, [fixed] * len(rows))
        for row in np.flatnonzero(weights.any(axis=1)).tolist():
            answer = self.edge_deleted.answer(weights[row], (fine, coarse), (fine_flags, coarse_flags))
            value[row], error[row] = answer.settled.log_odds[leaf], answer.error[leaf]
            quality[row] = np.where(answer.reliable[leaf], APPROXIMATE, UNRELIABLE)
        known = [at for belief, at in self.place.items() if belief in fixed]
        error[:, known], quality[:, known] = 0.0, EXACT
        return value, error, quality

    def log_odds(self, rows: Floats, fixed: Mapping[int, bool], cut: AbstractSet[int]) -> Floats:
        """The log-odds alone, without the second tree; shape [B, members]. Bit-identical to those of `posterior`."""
        value = np.tile(self.prior_log_odds, (len(rows), 1))
        engine, active = self._without(0, cut)
        weights = self._log_weights(rows, [fixed] * len(rows))
        for row in np.flatnonzero(weights.any(axis=1)).tolist():
            value[row] = self.edge_deleted.fine.settle(weights[row], engine, active).log_odds[self.variables.leaf]
        return value

    def cohort(self, rows: Floats, asked: Sequence[int]) -> Floats:
        """The log-odds of some members for many rows of evidence; shape [B, asked]."""
        return self.log_odds(rows, {}, set())[:, [self.place[belief] for belief in asked]]

    def log_marginals(self, rows: Floats, fixed: Sequence[Mapping[int, bool]], cut: AbstractSet[int]) -> Floats:
        """The log-probability of [does not hold, holds] for each member; shape [members, 2, B]. See `Bundle`."""
        engine, active = self._without(0, cut)
        settled = [self.edge_deleted.fine.settle(weight, engine, active) for weight in self._log_weights(rows, fixed)]
        no, yes = self.variables.split_logs(np.stack([found.log_marginal for found in settled]))
        return np.stack([no, yes], axis=2).transpose(1, 2, 0)

    def preview(self, row: Floats, before: Settled | None = None) -> Settled:
        """The converged state for one row of evidence, starting from the messages of `before`.

        For previews only: answers always start from uniform messages.
        """
        fine, (weight,) = self.edge_deleted.fine, self._log_weights(row[None], [{}])
        return fine.settle(weight, fine.engine, fine.deleted.all, None if before is None else before.message)

    def pairwise(self) -> Pairwise | None:
        """The approximated distribution, as tables over two beliefs each; see `Bundle.pairwise`."""
        dropped = self.dropped[0]
        return self.kept[0].pairwise([one.beliefs for one in dropped], [one.log_table for one in dropped])

    def _log_weights(self, rows: Floats, fixed: Sequence[Mapping[int, bool]]) -> Floats:
        """The log-weight of every state for each query; all 0 without evidence."""
        flags = np.array([self.kept[0].flags(known) for known in fixed])
        weight, _ = self.variables.weights(rows.take(self.members, axis=1), flags)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(weight))

    def _without(self, which: int, cut: AbstractSet[int]) -> tuple[Engine, Flags]:
        """One tree's engine and its active dropped factors, with the conditional tables of some effects removed."""
        gone = {self.place[belief] for belief in cut if belief in self.place}
        flags = np.array([one.effect not in gone for one in self.dropped[which]], dtype=np.uint8)
        return self.kept[which].without(cut), flags


def edge_deleted_part(
    factors: Factors, own: Sequence[tuple[int, ...]], prior_log_odds: Floats, budget: Budget
) -> EdgeDeletedPart:
    """The part of these variables, each given by its beliefs, at both approximate widths.

    Raises `infeasible-statements` if the kept statements cannot hold together.
    """
    members = [belief for beliefs in own for belief in beliefs]
    local, variables = factors.local(members), Variables.of([len(beliefs) for beliefs in own])
    strengths, scopes = _strengths(local), variables.scopes(local.joined)
    cards = variables.cards.tolist()
    kept: list[Bundle] = []
    dropped: list[tuple[Dropped, ...]] = []
    trees: list[EdgeDeletedTree] = []
    drift = 0.0
    for width in budget.approximate_widths:
        choice = in_abandonable_thread(partial(choose, cards, scopes, strengths, width))
        pairs, families = np.split(choice.kept, [len(local.pairs)])
        made = plan(in_abandonable_thread(partial(edge_deleted_trees, cards, scopes, choice, width)), cards)
        bundle, off = calibrated_bundle(
            members, [len(members)], variables, _those(local, pairs, families), prior_log_odds, made
        )
        deleted = _dropped(variables, _those(local, ~pairs, ~families))
        kept.append(bundle)
        dropped.append(deleted)
        trees.append(EdgeDeletedTree(bundle.engine, _deleted(variables, deleted)))
        drift = max(drift, off)
    fine, coarse = trees
    return EdgeDeletedPart(
        prior_log_odds=prior_log_odds[members],
        edge_deleted=EdgeDeleted(fine, coarse, max(fine.gain(), coarse.gain())),
        kept=(kept[0], kept[1]),
        dropped=(dropped[0], dropped[1]),
        drift=drift,
    )


def _strengths(factors: Factors) -> Floats:
    """|J| of every pair, and of the strongest cause of every family: see `edge_choice.strength`."""
    tables = np.array([pair.log_table for pair in factors.pairs]).reshape(-1, 2, 2)
    pairs = np.abs(tables[:, 0, 0] + tables[:, 1, 1] - tables[:, 0, 1] - tables[:, 1, 0])
    families = [np.abs(family.push[1 << np.arange(len(family.causes))]).max() for family in factors.families]
    return np.concatenate([pairs, families]) / 4.0


def _those(factors: Factors, pairs: Bools, families: Bools) -> Factors:
    """Some of the pairs and families."""
    return Factors(
        factors.priors,
        tuple(pair for pair, is_one in zip(factors.pairs, pairs.tolist(), strict=True) if is_one),
        tuple(family for family, is_one in zip(factors.families, families.tolist(), strict=True) if is_one),
    )


def _dropped(variables: Variables, dropped: Factors) -> tuple[Dropped, ...]:
    """The factors outside a tree, scaled to send uniform messages if their beliefs are at their priors.

    A pair's table is divided by its margins already. A family's is divided by its effect's prior, which is a field in
    the tree; its intercept is the one that returns the prior if the causes are independent.
    """
    pairs = tuple(Dropped(pair.beliefs, pair.log_table) for pair in dropped.pairs)
    if not dropped.families:
        return pairs
    priors = variables.normalised(dropped.priors)
    tables = Conditionals(dropped.families, len(priors))
    states = variables.distributions(priors)
    joint = np.concatenate([variables.independent(states, family.causes) for family in dropped.families])
    logs = np.split(tables.log_conditionals(tables.intercepts(priors, joint)), 2 * tables.start[1:])
    own = np.log(np.stack([1.0 - priors, priors], axis=1))
    return pairs + tuple(
        Dropped(family.beliefs, (log.reshape(-1, 2) - own[family.effect]).ravel(), family.effect)
        for family, log in zip(dropped.families, logs, strict=True)
    )


def _deleted(variables: Variables, dropped: Sequence[Dropped]) -> DeletedFactors:
    """The same factors over the states of their variables."""
    scopes = variables.scopes([one.beliefs for one in dropped])
    tables = [one.log_table.ravel()[variables.stated([one.beliefs])] for one in dropped]
    return DeletedFactors.of(variables.start, scopes, tables)
