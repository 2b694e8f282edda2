"""The same networks in pyAgrum: what the engine is held to, and measured beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyagrum as untyped_pyagrum

from beliefgraph.inference.factor_graph import FactorGraph

pyagrum: Any = untyped_pyagrum


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
