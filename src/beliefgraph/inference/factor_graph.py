"""A compiled factor graph over variables with any number of states: the layer below a model, without the statements.

Nothing is calibrated. Tests and benchmarks compare the engine with published networks through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference.arrays import Flags, Floats, Ints
from beliefgraph.inference.domains import Factors
from beliefgraph.inference.elimination import Budget, eliminate, graph_of
from beliefgraph.inference.incidence import Incidence
from beliefgraph.inference.junction_tree import junction_forest
from beliefgraph.inference.plan import Plan, plan
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.scopes import Scopes

CUT_FROM = 2**13
"""Number of table entries above which a pass uses tables reduced to the possible states, with a plan of their own;
below it (a fraction of a millisecond) the plan would cost more."""

_PLANS = 8
"""Number of plans of reduced tables that are cached with a graph, least recently used first out."""


@dataclass(frozen=True, slots=True)
class Factor:
    """A table of numbers ≥ 0, one axis for each variable of its scope."""

    scope: tuple[int, ...]
    table: Floats


@dataclass(frozen=True, slots=True)
class FactorGraph:
    """The number of states of each variable, and the factors whose product is the (unnormalised) distribution."""

    cards: tuple[int, ...]
    factors: tuple[Factor, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A plan over the variables that have more than one state, and which `factors` are over some of them."""

    factors: Ints
    plan: Plan
    incidence: Incidence

    def engine(self, values: Floats) -> Engine:
        """The engine of these factors' values, one factor after another. Raises `impossible-evidence`."""
        with np.errstate(divide="ignore"):
            total = self.incidence.total(np.log(values))
        tables = self.plan.tables
        largest = np.maximum.reduceat(total, tables.start)
        if (largest == -np.inf).any():
            raise Incorrect("impossible-evidence", "The observations are impossible together.")
        return Engine.of(self.plan, total - np.repeat(largest, tables.size))


@dataclass(frozen=True, slots=True, eq=False)
class CompiledGraph:
    """A compiled factor graph.

    `planner` plans a pass over variables with these numbers of states; None if that exceeds the budget.
    """

    factors: Factors
    engine: Engine
    planner: Callable[[tuple[int, ...]], Planned | None]

    def marginals(self, evidence: Mapping[int, int] | None = None) -> list[Floats]:
        """The distribution of every variable given the states of some. Raises `impossible-evidence`.

        With large tables the states that the evidence makes impossible are removed first. Whether that is done depends
        on the graph alone, so the same query always gets the same bits.
        """
        first = self.factors.first
        seen = np.array(sorted(evidence or ()), dtype=np.int64)
        kept = np.ones(first[-1], dtype=np.uint8)
        for variable in seen.tolist():
            kept[first[variable] : first[variable + 1]] = 0
            kept[first[variable] + (evidence or {})[variable]] = 1
        if not len(seen) or self.engine.plan.entries <= CUT_FROM:
            found = self._whole(kept, seen)
        else:
            found = self._cut(kept, seen)
        return np.split(found, first[1:-1])

    def _whole(self, kept: Flags, seen: Ints) -> Floats:
        has_evidence = np.zeros((1, len(self.factors.first) - 1), dtype=np.uint8)
        has_evidence[0, seen] = 1
        return np.asarray(np.exp(self.engine.log_marginals(kept[None].astype(np.float64), has_evidence)[0]))

    def _cut(self, kept: Flags, seen: Ints) -> Floats:
        factors = self.factors
        if not factors.possible(kept, seen):
            raise Incorrect("impossible-evidence", "The observations are impossible together.")
        cards = np.add.reduceat(kept, factors.first[:-1], dtype=np.int64)
        answer = kept.astype(np.float64)
        if cards.max() == 1:
            return answer
        planned = self.planner(tuple(cards.tolist()))
        if planned is None:
            return self._whole(kept, seen)
        engine = planned.engine(factors.sliced(kept, planned.factors, int(planned.incidence.value[-1])))
        none = np.zeros((1, len(engine.plan.leaf_codes)), dtype=np.uint8)
        found = engine.log_marginals(np.ones((1, engine.plan.leaves)), none)[0]
        answer[(kept > 0) & np.repeat(cards > 1, np.diff(factors.first))] = np.exp(found)
        return answer


def compile_graph(graph: FactorGraph, budget: Budget) -> CompiledGraph:
    """The graph with junction trees, one for each connected part; `too-wide` if they exceed the budget."""
    scopes = Scopes.of([factor.scope for factor in graph.factors])
    sizes = [factor.table.size for factor in graph.factors]
    factors = Factors(
        first=np.concatenate([[0], np.cumsum(graph.cards)]),
        scopes=scopes,
        start=np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]),
        value=np.concatenate([np.zeros(0), *(factor.table.ravel() for factor in graph.factors)]),
    )

    @lru_cache(_PLANS)
    def planner(cards: tuple[int, ...]) -> Planned | None:
        return _planned(scopes, np.array(cards), budget)

    whole = _planned(scopes, np.array(graph.cards), budget)
    if whole is None:
        raise Unavailable("too-wide", "This graph is too wide for an exact answer.")
    return CompiledGraph(factors, whole.engine(factors.value), planner)


def _planned(scopes: Scopes, cards: Ints, budget: Budget) -> Planned | None:
    """The plan of a pass over the variables with more than one state."""
    open_ = cards > 1
    number = np.cumsum(open_) - 1
    left = scopes.only(open_)
    rows = np.flatnonzero(np.diff(left.start))
    left = Scopes(np.append(left.start[rows], left.start[-1]), number[left.variables])
    own = cards[open_].tolist()
    order = eliminate(graph_of(len(own), left), own, budget)
    if order is None:
        return None
    made = plan(junction_forest(order), own)
    return Planned(rows, made, Incidence.of(made.tables, left))
