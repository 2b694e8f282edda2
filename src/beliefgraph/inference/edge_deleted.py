"""Where a part is too wide to be exact: a junction tree of what is strongest, and messages for the rest.

The strongest factors that fit a small width stand in a junction tree, and are exact there. Each dropped factor tells
its variables what the others make likely, as in belief propagation, except that the cavity of a variable (what it would
be without this factor) is the tree's own marginal divided by what the factor told it. The tree is run and the messages
are renewed in turn until they stand still (a structured relative of loopy belief propagation; T. Minka and Y. Qi,
Tree-structured approximations by expectation propagation, 2003).

The messages start from saying nothing, so the answer is a function of the evidence alone, to the last bit.

Because a table is divided by its stated margins, a dropped factor has nothing to say where its variables are at their
priors; so a tree calibrated by itself returns the priors together with all that was dropped.
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
class Patience:
    """When messages are taken to stand still: none moves by more than this many `nats`. After this many passes with
    `whole` steps they are halved, and no answer is trusted any more: neighbouring solutions are close.
    """

    nats: float
    whole: int


ANSWER = Patience(1e-8, 60)
"""For what is answered: a thousandth of what any answer is good for."""

CHECK = Patience(1e-4, 30)
"""For what it is compared with: a small part of the least error bar, at the same rate."""

MOST_PASSES = 200
"""With half steps after the whole ones."""

WIDENED, SHARED, LEAST_ERROR = 3.0, 3.0, 0.03
"""How the difference of two widths becomes an error bar: WIDENED times a belief's own, and SHARED times the part's root
mean square, and LEAST_ERROR nats. Fitted on 48 graphs and held to others, so that at least 95 of 100 beliefs are
covered up to odds ratios of 6; see docs/inference.md."""

MOST_GAIN = 1.0
"""Where a small push on the messages grows from pass to pass at the priors, several solutions exist beside each other,
and the true answer is a mixture that none of them shows."""

_PUSH = 1e-5
"""Small enough, in nats, that twice the push does twice as much."""
_PUSHES, _COUNTED = 30, 10
"""So many passes turn any push into the one that grows most; the last of them are measured."""

MOST_ERROR = 0.2
"""An error bar that reaches this far in probability says that the answer is not to be relied on."""


@dataclass(frozen=True, slots=True)
class DeletedFactors:
    """The dropped factors, flat: factor f has the slots `first_slot[f:f + 2]` (one per variable) and the table entries
    `table_start[f:f + 2]`; slot s speaks about the leaves from `slot_leaf[s]` with the message entries
    `slot_start[s:s + 2]`.
    """

    first_slot: Ints
    table_start: Ints
    slot_leaf: Ints
    slot_start: Ints
    table: Floats

    @classmethod
    def of(cls, leaf_start: Ints, scopes: Sequence[tuple[int, ...]], log_tables: Sequence[Floats]) -> DeletedFactors:
        """The factors over these variables; the last of a scope is fastest in its log table."""
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
        """Every factor speaks."""
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
        patience: Patience = ANSWER,
    ) -> Settled:
        """The marginals given the log-weight of every leaf.

        `engine` may differ from the tree's own by tables taken out, and `active` says which dropped factors speak.
        From another `start` than saying nothing the answer is a preview: it may differ in the last digits, and where
        several solutions exist altogether. Raises `impossible-evidence`.
        """
        plan, deleted = self.engine.plan, self.deleted
        message = np.zeros(deleted.slot_start[-1]) if start is None else start.copy()
        weight, said = np.empty((1, plan.leaves)), np.empty((1, len(plan.leaf_codes)), dtype=np.uint8)
        passes, gap = 0, np.inf
        while True:
            check_stopped()
            passes += 1
            total = log_weight.copy()
            dropped.spread(deleted.slot_leaf, deleted.slot_start, message, total)
            dropped.weights(plan.leaf_start, total, weight[0], said[0])
            log_marginal = engine.log_marginals(weight, said)[0]
            gap = dropped.exchange(
                deleted.first_slot, deleted.table_start, deleted.slot_leaf, deleted.slot_start, deleted.table, active,
                log_marginal, message, 1.0 if passes < patience.whole else 0.5,
            )  # fmt: skip
            if gap <= patience.nats or passes == MOST_PASSES:
                steady = gap <= patience.nats and passes <= patience.whole
                return Settled(log_odds(plan.leaf_start, log_marginal), log_marginal, message, steady)

    def gain(self) -> float:
        """By what factor a pass makes a small push on the messages grow at the priors: the spectral radius there.

        For calibrated trees: messages that say nothing are a solution of theirs.
        """
        plan, deleted = self.engine.plan, self.deleted
        first = np.repeat(deleted.slot_start[:-1], np.diff(deleted.slot_start))
        push = np.linspace(0.5, 1.5, len(first))
        weight, said = np.empty((1, plan.leaves)), np.empty((1, len(plan.leaf_codes)), dtype=np.uint8)
        grown: list[float] = []
        while len(grown) < _PUSHES:
            push = push - push[first]
            size = float(np.sqrt(np.mean(push**2))) if len(push) else 0.0
            if not size > 0.0:
                return 0.0
            grown.append(size / _PUSH)
            message, total = push * (_PUSH / size), np.zeros(plan.leaves)
            dropped.spread(deleted.slot_leaf, deleted.slot_start, message, total)
            dropped.weights(plan.leaf_start, total, weight[0], said[0])
            dropped.exchange(
                deleted.first_slot, deleted.table_start, deleted.slot_leaf, deleted.slot_start, deleted.table,
                deleted.all, self.engine.log_marginals(weight, said)[0], message, 1.0,
            )  # fmt: skip
            push = message
        return float(np.exp(np.mean(np.log(grown[-_COUNTED:]))))


@dataclass(frozen=True, slots=True)
class Settled:
    """Where the messages came to stand still: the log-odds and log-marginal of every leaf, the messages, and whether
    whole steps were enough."""

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
    """One part at two widths: `fine` gives the answer, and `coarse` says how far to trust it.

    `gain` is the greater of both, as in `EdgeDeletedTree.gain`. Where it reaches `MOST_GAIN` the priors are no stable
    solution, and nothing is to be relied on. Below it, an error of the messages comes back gain times as large
    in every pass, 1 / (1 − gain) times in all. Both widths share a part of that, which their difference does not show,
    in dense parts of mixed sign least of all; so the bars are that much longer.
    """

    fine: EdgeDeletedTree
    coarse: EdgeDeletedTree
    gain: float = 0.0

    def answer(self, log_weight: Floats, engines: tuple[Engine, Engine], active: tuple[Flags, Flags]) -> Answer:
        """The answer with its error bars; see `EdgeDeletedTree.settle`.

        Where either tree does not settle by whole steps nothing is to be relied on: the difference says nothing then.
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
    """What settled, the error bar of every leaf's log-odds (nats), and which are to be relied on."""

    settled: Settled
    error: Floats
    reliable: Bools


def reach(log_odds: Floats, error: Floats) -> Floats:
    """How far, in probability, an error bar in nats reaches on its longer side."""
    towards_half = np.abs(log_odds)
    return np.asarray(expit(error - towards_half) - expit(-towards_half))
