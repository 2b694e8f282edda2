"""A factor graph approximated at a thin width; nothing is calibrated. See `factor_graph.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beliefgraph.inference.arrays import Bools, Floats
from beliefgraph.inference.edge_choice import choose, strength, thin_trees
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.factor_graph import FactorGraph
from beliefgraph.inference.incidence import Incidence
from beliefgraph.inference.plan import plan
from beliefgraph.inference.propagation import Engine
from beliefgraph.inference.scopes import Scopes
from beliefgraph.inference.thin import Loose, Thin, ThinTree


@dataclass(frozen=True, slots=True)
class ThinGraph:
    """A factor graph ready to be asked for approximate answers."""

    thin: Thin

    def marginals(self, evidence: Mapping[int, int] | None = None) -> tuple[list[Floats], Bools]:
        """The distribution of every variable given the states of some, and which of them are to be relied on.

        Raises `impossible-evidence`.
        """
        fine, coarse = self.thin.fine, self.thin.coarse
        start = fine.engine.plan.leaf_start
        log_weight = np.zeros(start[-1])
        for variable, state in (evidence or {}).items():
            log_weight[start[variable] : start[variable + 1]] = -np.inf
            log_weight[start[variable] + state] = 0.0
        answer = self.thin.answer(log_weight, (fine.engine, coarse.engine), (fine.loose.all, coarse.loose.all))
        logs = answer.settled.log_marginal
        totals = np.logaddexp.reduceat(logs, start[:-1])
        found = np.split(np.exp(logs - np.repeat(totals, np.diff(start))), start[1:-1])
        return found, np.logical_and.reduceat(answer.reliable, start[:-1])


def compile_thin_graph(graph: FactorGraph, budget: Budget) -> ThinGraph:
    """The graph at the thin widths of the budget, however wide it is itself."""
    fine, coarse = (_tree(graph, width) for width in budget.thin_widths)
    return ThinGraph(Thin(fine, coarse))


def _tree(graph: FactorGraph, width: int) -> ThinTree:
    scopes = [factor.scope for factor in graph.factors]
    with np.errstate(divide="ignore"):
        logs = [np.log(factor.table) for factor in graph.factors]
    choice = choose(graph.cards, scopes, np.array([strength(log_table) for log_table in logs]), width)
    made = plan(thin_trees(graph.cards, scopes, choice, width), graph.cards)
    kept, dropped = np.flatnonzero(choice.kept).tolist(), np.flatnonzero(~choice.kept).tolist()
    held = Scopes.of([scopes[at] for at in kept])
    total = Incidence.of(made.tables, held).total(np.concatenate([np.zeros(0), *(logs[at].ravel() for at in kept)]))
    largest = np.maximum.reduceat(total, made.tables.start)
    return ThinTree(
        Engine.of(made, total - np.repeat(largest, made.tables.size)),
        Loose.of(made.leaf_start, [scopes[at] for at in dropped], [logs[at] for at in dropped]),
    )
