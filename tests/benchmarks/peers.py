"""The same networks in pyAgrum and pgmpy: what the engine is held to, and measured beside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyagrum as untyped_pyagrum

from beliefgraph.inference.factor_graph import FactorGraph

pyagrum: Any = untyped_pyagrum
pyagrum.setNumberOfThreads(1)  # one thread, as we use: with more it waits for itself wherever other work runs


def bayes_net(graph: FactorGraph) -> Any:
    """A graph whose factor i is P(variable i | the others of its scope), as pyAgrum's."""
    net = pyagrum.BayesNet()
    for variable, states in enumerate(graph.cards):
        net.add(pyagrum.LabelizedVariable(str(variable), "", states))
    for factor in graph.factors:
        *parents, child = factor.scope
        for parent in parents:
            net.addArc(str(parent), str(child))
    for factor in graph.factors:
        cpt = net.cpt(str(factor.scope[-1]))
        axes = [factor.scope.index(int(name)) for name in reversed(cpt.names)]
        cpt[:] = np.ascontiguousarray(factor.table.transpose(axes))
    return net


def marginals(net: Any, evidence: Mapping[int, int], engine: Any = None) -> list[np.ndarray[Any, Any]]:
    """Every marginal by pyAgrum's exact inference."""
    asked = (engine or pyagrum.LazyPropagation)(net)
    for variable, state in evidence.items():
        asked.addEvidence(str(variable), state)
    asked.makeInference()
    return [asked.posterior(str(variable)).toarray() for variable in range(net.size())]


def some_evidence(net: Any, states: tuple[int, ...], share: float, seed: int) -> dict[int, int]:
    """States for a share of the variables that are possible together: from one sample of the network."""
    rng = np.random.default_rng(seed)
    sampled: dict[int, int] = {}
    for name in (net.variable(node).name() for node in net.topologicalOrder()):
        cpt = net.cpt(name)
        at = {parent: sampled[int(parent)] for parent in cpt.names[1:]}
        weights = np.array(cpt[at] if at else cpt.toarray()).ravel()
        sampled[int(name)] = int(rng.choice(states[int(name)], p=weights / weights.sum()))
    chosen = rng.permutation(len(states))[: round(share * len(states))]
    return {int(variable): sampled[int(variable)] for variable in chosen}


def soft(lam: float) -> list[float]:
    """λ as the likelihood of the two states."""
    return [float(np.exp(min(-lam, 0.0))), float(np.exp(min(lam, 0.0)))]


def variable_elimination(
    graph: FactorGraph, likelihood: Mapping[int, Sequence[float]]
) -> Callable[[int], np.ndarray[Any, Any]]:
    """One marginal at a time by pgmpy's variable elimination, given the likelihood of some variables' states."""
    from pgmpy.factors.discrete import TabularCPD
    from pgmpy.inference import VariableElimination
    from pgmpy.models import DiscreteBayesianNetwork

    net = DiscreteBayesianNetwork()
    net.add_nodes_from(map(str, range(len(graph.cards))))
    for *parents, child in (factor.scope for factor in graph.factors):
        net.add_edges_from((str(parent), str(child)) for parent in parents)
    for factor in graph.factors:
        *parents, child = factor.scope
        states = graph.cards[child]
        cards = [graph.cards[parent] for parent in parents]
        names = [str(parent) for parent in parents]
        net.add_cpds(TabularCPD(str(child), states, factor.table.reshape(-1, states).T, names or None, cards or None))
    seen = [TabularCPD(str(v), len(weights), [[w] for w in weights]) for v, weights in likelihood.items()]
    asked = VariableElimination(net)

    def ask(variable: int) -> np.ndarray[Any, Any]:
        found = asked.query([str(variable)], virtual_evidence=seen, elimination_order="greedy", show_progress=False)
        return np.asarray(found.values)

    return ask
