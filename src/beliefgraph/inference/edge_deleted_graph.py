"""A factor graph with edges deleted, at a width within the budget; nothing is calibrated. See `factor_graph.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats
from beliefgraph.inference.edge_choice import choose, edge_deleted_trees, strength
from beliefgraph.inference.edge_deleted import DeletedFactors, EdgeDeleted, EdgeDeletedTree
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.factor_graph import FactorGraph
from beliefgraph.inference.incidence import Incidence
from beliefgraph.inference.plan import plan
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.scopes import Scopes


@dataclass(frozen=True, slots=True)
class EdgeDeletedGraph:
    """A compiled factor graph with approximate answers."""

    edge_deleted: EdgeDeleted

    def marginals(self, evidence: Mapping[int, int] | None = None) -> tuple[list[Floats], Bools]:
        """The distribution of every variable given the states of some, and which of them are reliable.

        Raises `impossible-evidence`.
        """
        fine, coarse = self.edge_deleted.fine, self.edge_deleted.coarse
        start = fine.engine.plan.leaf_start
        log_weight = np.zeros(start[-1])
        for variable, state in (evidence or {}).items():
            log_weight[start[variable] : start[variable + 1]] = -np.inf
            log_weight[start[variable] + state] = 0.0
        answer = self.edge_deleted.answer(
            log_weight, (fine.engine, coarse.engine), (fine.deleted.all, coarse.deleted.all)
        )
        logs = answer.settled.log_marginal
        totals = np.logaddexp.reduceat(logs, start[:-1])
        found = np.split(np.exp(logs - np.repeat(totals, np.diff(start))), start[1:-1])
        return found, np.logical_and.reduceat(answer.reliable, start[:-1])


def compile_edge_deleted_graph(graph: FactorGraph, budget: Budget) -> EdgeDeletedGraph:
    """The graph at the approximate widths of the budget, however wide it is itself."""
    fine, coarse = (_tree(graph, width) for width in budget.approximate_widths)
    return EdgeDeletedGraph(EdgeDeleted(fine, coarse))


def _tree(graph: FactorGraph, width: int) -> EdgeDeletedTree:
    scopes = [factor.scope for factor in graph.factors]
    with np.errstate(divide="ignore"):
        logs = [np.log(factor.table) for factor in graph.factors]
    choice = choose(graph.cards, scopes, np.array([strength(log_table) for log_table in logs]), width)
    made = plan(edge_deleted_trees(graph.cards, scopes, choice, width), graph.cards)
    kept, dropped = np.flatnonzero(choice.kept).tolist(), np.flatnonzero(~choice.kept).tolist()
    held = Scopes.of([scopes[at] for at in kept])
    total = Incidence.of(made.tables, held).total(np.concatenate([np.zeros(0), *(logs[at].ravel() for at in kept)]))
    largest = np.maximum.reduceat(total, made.tables.start)
    return EdgeDeletedTree(
        Engine.of(made, total - np.repeat(largest, made.tables.size)),
        DeletedFactors.of(made.leaf_start, [scopes[at] for at in dropped], [logs[at] for at in dropped]),
    )
