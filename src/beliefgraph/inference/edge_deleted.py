"""Approximate inference for wide parts: a junction tree of the strongest factors, and messages for the others.

The strongest factors that fit a small width are exact in a junction tree. Each dropped factor sends messages to its
variables, as in belief propagation, except that the cavity of a variable (its distribution without this factor) is the
tree's marginal divided by the factor's last message. The tree is run and the messages are updated in turn until they
converge (a structured relative of loopy belief propagation; T. Minka and Y. Qi, Tree-structured approximations by
expectation propagation, 2003).

The messages start uniform, so the answer is a function of the evidence alone, to the last bit.

Because a table is divided by its stated margins, a dropped factor sends uniform messages if its variables are at their
priors; so a tree calibrated by itself returns the priors with all dropped factors included.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from beliefgraph.inference.arrays import Bools, Flags, Floats, Ints
from beliefgraph.inference.kernels import dropped
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.stop import check_stopped


@dataclass(frozen=True, slots=True)
class Convergence:
    """When messages count as converged: none changes by more than this many `nats`.

    After this many passes with `whole` steps the steps are halved, and no answer is reliable any more: other solutions
    are close.
    """

    nats: float
    whole: int


ANSWER = Convergence(1e-8, 60)
"""For the answer: a thousandth of its useful precision."""

CHECK = Convergence(1e-4, 30)
"""For the comparison: a small part of the least error bar, at the same rate."""

MOST_PASSES = 200
"""Maximum number of passes, including those with half steps."""

WIDENED, SHARED, LEAST_ERROR = 3.0, 3.0, 0.03
"""How the difference of two widths becomes an error bar: WIDENED times a belief's own, plus SHARED times the part's
root mean square, plus LEAST_ERROR nats. Fitted on 48 graphs and tested on others, so that at least 95 of 100 beliefs
are covered up to odds ratios of 6; see docs/inference.md."""

MOST_GAIN = 1.0
"""If a small perturbation of the messages at the priors grows from pass to pass, several solutions exist, and the true
answer is a mixture that none of them shows."""

_PUSH = 1e-5
"""Perturbation in nats, small enough that its effect is linear."""
_PUSHES, _COUNTED = 30, 10
"""Passes of the power iteration, and how many of the last ones are measured."""

MOST_ERROR = 0.2
"""Answers whose error bar reaches this far in probability are not reliable."""


@dataclass(frozen=True, slots=True)
class DeletedFactors:
    """The dropped factors, flat.

    Factor f has the slots `first_slot[f:f + 2]` (one per variable) and the table entries `table_start[f:f + 2]`; slot s
    sends to the leaves from `slot_leaf[s]` with the message entries `slot_start[s:s + 2]`.
    """

    first_slot: Ints
    table_start: Ints
    slot_leaf: Ints
    slot_start: Ints
    table: Floats

    @classmethod
    def of(cls, leaf_start: Ints, scopes: Sequence[tuple[int, ...]], log_tables: Sequence[Floats]) -> DeletedFactors:
        """The factors over these variables; the last of a scope varies fastest in its log table."""
        variables = np.array([variable for scope in scopes for variable in scope], dtype=np.int64)
        states = np.diff(leaf_start)[variables]
        tables = [np.exp(log_table.ravel() - log_table.max()) for log_table in log_tables]
        return cls(
            _offsets([len(scope) for scope in scopes]),
            _offsets([table.size for table in tables]),
            leaf_start[variables],
            _offsets(states),
            np.concatenate([np.zeros(0), *tables]),
        )

    @property
    def all(self) -> Flags:
        """Flags with every factor active."""
        return np.ones(len(self.first_slot) - 1, dtype=np.uint8)


def _offsets(lengths: Sequence[int] | Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, dtype=np.int64))]).astype(np.int64)


@dataclass(frozen=True, slots=True)
class EdgeDeletedTree:
    """A junction tree of the kept factors, and the dropped ones."""

    engine: Engine
    deleted: DeletedFactors

    def settle(
        self,
        log_weight: Floats,
        engine: Engine,
        active: Flags,
        start: Floats | None = None,
        patience: Convergence = ANSWER,
    ) -> Settled:
        """The marginals given the log-weight of every leaf.

        `engine` may differ from the tree's own by removed tables, and `active` says which dropped factors send
        messages. From another `start` than uniform messages the answer is a preview: it may differ in the last digits,
        and entirely if several solutions exist. Raises `impossible-evidence`.
        """
        plan, deleted = self.engine.plan, self.deleted
        message = np.zeros(deleted.slot_start[-1]) if start is None else start.copy()
        weight, has_evidence = np.empty((1, plan.leaves)), np.empty((1, len(plan.leaf_codes)), dtype=np.uint8)
        passes, gap = 0, np.inf
        while True:
            check_stopped()
            passes += 1
            total = log_weight.copy()
            dropped.spread(deleted.slot_leaf, deleted.slot_start, message, total)
            dropped.weights(plan.leaf_start, total, weight[0], has_evidence[0])
            log_marginal = engine.log_marginals(weight, has_evidence)[0]
            gap = dropped.exchange(
                deleted.first_slot, deleted.table_start, deleted.slot_leaf, deleted.slot_start, deleted.table, active,
                log_marginal, message, 1.0 if passes < patience.whole else 0.5,
            )  # fmt: skip
            if gap <= patience.nats or passes == MOST_PASSES:
                steady = gap <= patience.nats and passes <= patience.whole
                return Settled(log_odds(plan.leaf_start, log_marginal), log_marginal, message, steady)

    def gain(self) -> float:
        """The factor by which a pass amplifies a small perturbation of the messages at the priors: a spectral radius.

        For calibrated trees, of which uniform messages are a solution.
        """
        plan, deleted = self.engine.plan, self.deleted
        first = np.repeat(deleted.slot_start[:-1], np.diff(deleted.slot_start))
        push = np.linspace(0.5, 1.5, len(first))
        weight, has_evidence = np.empty((1, plan.leaves)), np.empty((1, len(plan.leaf_codes)), dtype=np.uint8)
        grown: list[float] = []
        while len(grown) < _PUSHES:
            push = push - push[first]
            size = float(np.sqrt(np.mean(push**2))) if len(push) else 0.0
            if not size > 0.0:
                return 0.0
            grown.append(size / _PUSH)
            message, total = push * (_PUSH / size), np.zeros(plan.leaves)
            dropped.spread(deleted.slot_leaf, deleted.slot_start, message, total)
            dropped.weights(plan.leaf_start, total, weight[0], has_evidence[0])
            dropped.exchange(
                deleted.first_slot, deleted.table_start, deleted.slot_leaf, deleted.slot_start, deleted.table,
                deleted.all, self.engine.log_marginals(weight, has_evidence)[0], message, 1.0,
            )  # fmt: skip
            push = message
        return float(np.exp(np.mean(np.log(grown[-_COUNTED:]))))


@dataclass(frozen=True, slots=True)
class Settled:
    """The state after convergence: the log-odds and log-marginal of every leaf, and the messages.

    `steady` says whether whole steps were enough.
    """

    log_odds: Floats
    log_marginal: Floats
    message: Floats
    steady: bool


def log_odds(leaf_start: Ints, log_marginal: Floats) -> Floats:
    """The log-odds of every state against all the others of its variable."""
    answer = np.empty_like(log_marginal)
    many = np.diff(leaf_start)
    for states in np.unique(many).tolist():
        leaves = leaf_start[:-1][many == states][:, None] + np.arange(states)
        logs = log_marginal[leaves]
        others = [np.logaddexp.reduce(logs[:, np.arange(states) != x], axis=1) for x in range(states)]
        answer[leaves] = logs - np.stack(others, axis=1)
    return answer


@dataclass(frozen=True, slots=True)
class EdgeDeleted:
    """One part at two widths: `fine` gives the answer, and `coarse` its error estimate.

    `gain` is the greater of both, see `EdgeDeletedTree.gain`. If it reaches `MOST_GAIN` the priors are not a stable
    solution, and no answer is reliable. Below it, an error of the messages returns gain times as large in every pass, 1
    / (1 − gain) times in total. Both widths share a part of that error, which their difference does not show, least of
    all in dense parts of mixed sign; so the bars are longer by that factor.
    """

    fine: EdgeDeletedTree
    coarse: EdgeDeletedTree
    gain: float = 0.0

    def answer(self, log_weight: Floats, engines: tuple[Engine, Engine], active: tuple[Flags, Flags]) -> Answer:
        """The answer with its error bars; see `EdgeDeletedTree.settle`.

        If either tree does not converge with whole steps no answer is reliable: the difference then carries no
        information.
        """
        settled = self.fine.settle(log_weight, engines[0], active[0])
        check = self.coarse.settle(log_weight, engines[1], active[1], patience=CHECK)
        known = np.isinf(settled.log_odds)
        apart = np.abs(np.subtract(settled.log_odds, check.log_odds, where=~known, out=np.zeros(len(known))))
        stable = self.gain < MOST_GAIN
        longer = 1.0 / (1.0 - self.gain) if stable else 1.0
        bar = longer * (WIDENED * apart + SHARED * np.sqrt(np.mean(apart**2)) + LEAST_ERROR)
        error = np.where(known, 0.0, bar)
        sound = stable and settled.steady and check.steady
        return Answer(settled, error, (reach(settled.log_odds, error) <= MOST_ERROR) & sound)


@dataclass(frozen=True, slots=True)
class Answer:
    """The converged state, the error bar of every leaf's log-odds (nats), and which are reliable."""

    settled: Settled
    error: Floats
    reliable: Bools


def reach(log_odds: Floats, error: Floats) -> Floats:
    """How far, in probability, an error bar in nats reaches on its longer side."""
    towards_half = np.abs(log_odds)
    return np.asarray(expit(error - towards_half) - expit(-towards_half))
