"""A factor graph over variables of any number of states, compiled: what lies under a model, without the statements.

Nothing is calibrated. Tests and benchmarks hold the engine to published networks through it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from beliefgraph.errors import Unavailable
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.elimination import Budget, eliminate, moral_graph
from beliefgraph.inference.factors import parts
from beliefgraph.inference.junction_tree import JunctionTree, junction_tree
from beliefgraph.inference.plan import plan
from beliefgraph.inference.propagation import Engine


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


@dataclass(frozen=True, slots=True)
class CompiledGraph:
    """A factor graph ready to be asked. The engine numbers the variables in the order of `members`."""

    members: tuple[int, ...]
    engine: Engine

    def marginals(self, evidence: Mapping[int, int] | None = None) -> list[Floats]:
        """The distribution of every variable given the states of some. Raises `impossible-evidence`."""
        plan = self.engine.plan
        place = {variable: at for at, variable in enumerate(self.members)}
        weight = np.ones((1, plan.leaves))
        said = np.zeros((1, len(self.members)), dtype=np.uint8)
        for variable, state in (evidence or {}).items():
            at = place[variable]
            weight[0, plan.leaf_start[at] : plan.leaf_start[at + 1]] = 0.0
            weight[0, plan.leaf_start[at] + state] = 1.0
            said[0, at] = 1
        found = np.split(np.exp(self.engine.log_marginals(weight, said)[0]), plan.leaf_start[1:-1])
        return [found[place[variable]] for variable in range(len(self.members))]


def compile_graph(graph: FactorGraph, budget: Budget) -> CompiledGraph:
    """The graph with junction trees, one for each connected part; `too-wide` if one is past the budget's width."""
    scopes = [factor.scope for factor in graph.factors]
    connected = parts(len(graph.cards), scopes)
    linked = {variable for members in connected for variable in members}
    connected += [[variable] for variable in range(len(graph.cards)) if variable not in linked]
    order = [variable for members in connected for variable in members]
    place = {variable: at for at, variable in enumerate(order)}
    trees: list[JunctionTree] = []
    first = 0
    for members in connected:
        own = [[place[v] - first for v in scope] for scope in scopes if first <= place[scope[0]] < first + len(members)]
        cards = [graph.cards[variable] for variable in members]
        eliminated = eliminate(moral_graph(len(members), own), cards, budget)
        if eliminated is None:
            raise Unavailable("too-wide", "This graph is too wide for an exact answer.")
        trees.append(junction_tree(eliminated).shifted(first))
        first += len(members)
    made = plan(trees, [graph.cards[variable] for variable in order])
    log_potential = np.zeros(made.entries)
    for factor in graph.factors:
        scope = [place[variable] for variable in factor.scope]
        clique = made.home(scope)
        with np.errstate(divide="ignore"):
            log_table = np.log(factor.table.ravel())
        log_potential[clique.start : clique.start + clique.size] += log_table[clique.projection(scope)]
    for clique in made.cliques:
        entries = log_potential[clique.start : clique.start + clique.size]
        entries -= entries.max()
    return CompiledGraph(tuple(order), Engine.of(made, log_potential))
