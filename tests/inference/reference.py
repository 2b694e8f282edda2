"""The pass in a few lines of numpy, on logarithms, clique by clique: slow, and what the kernels are held to."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from beliefgraph.inference.plan import FIRST_CHILD, LAST_CHILD, PARENT, Clique, Plan

Floats = npt.NDArray[np.float64]


def log_marginals(plan: Plan, log_potential: Floats, log_leaves: Floats) -> tuple[Floats, Floats]:
    """Every marginal (shape [leaves]) and every clique's joint ([entries])."""
    tables = [log_potential[c.start : c.start + c.size].copy() for c in plan.cliques]
    homes = [plan.home([v]) for v in range(len(plan.leaf_start) - 1)]
    for v, home in enumerate(homes):
        observed = log_leaves[plan.leaf_start[v] : plan.leaf_start[v + 1]]
        tables[plan.cliques.index(home)] += observed[home.projection([v])]
    messages = [np.zeros(0)] * len(tables)
    for k in reversed(range(len(tables))):
        clique = plan.cliques[k]
        for child in range(plan.codes[k, FIRST_CHILD], plan.codes[k, LAST_CHILD]):
            tables[k] += messages[child][clique.projection(separator(plan.cliques[child]))]
        messages[k] = summed(clique, tables[k], separator(clique))
    for k, clique in enumerate(plan.cliques):
        parent = int(plan.codes[k, PARENT])
        shared = separator(clique)
        below = summed(plan.cliques[parent], tables[parent], shared) if parent != k else np.zeros(1)
        with np.errstate(invalid="ignore"):
            ratio = np.where(messages[k] > -np.inf, below - messages[k], -np.inf)
        tables[k] += ratio[clique.projection(shared)]
    marginals = [summed(home, tables[plan.cliques.index(home)], [v]) for v, home in enumerate(homes)]
    return np.concatenate(marginals), np.concatenate(tables)


def separator(clique: Clique) -> tuple[int, ...]:
    return clique.scope[: clique.shared]


def summed(clique: Clique, table: Floats, scope: tuple[int, ...] | list[int]) -> Floats:
    where = clique.projection(scope)
    total = np.full(where.max() + 1, -np.inf)
    np.logaddexp.at(total, where, table)
    return total
