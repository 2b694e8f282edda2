"""Published networks and instances: the marginals against pyAgrum's and against those published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from tests.benchmarks import peers
from tests.benchmarks.report import Row
from tests.benchmarks.scoreboard import part
from tests.networks import UAI, bnlearn, uai

from beliefgraph.inference import Budget
from beliefgraph.inference.factor_graph import compile_graph

LARGE = Budget(max_width=60, max_table_entries=2**25)
BNLEARN = ("asia", "sachs", "child", "alarm", "insurance", "hailfinder", "hepar2", "win95pts", "pathfinder")


@part("networks")
def networks() -> Iterator[Row]:
    """Nine published networks, nothing seen and a fifth of the variables."""
    for name in BNLEARN:
        network = bnlearn(name)
        if network is None:
            continue
        net = peers.bayes_net(network.graph)
        compiled = compile_graph(network.graph, LARGE)
        error = 0.0
        for share in (0.0, 0.2):
            given = peers.some_evidence(net, network.graph.cards, share, seed=1)
            pairs = zip(compiled.marginals(given), peers.marginals(net, given), strict=True)
            error = max(error, *(float(np.abs(own - theirs).max()) for own, theirs in pairs))
        yield Row(f"{name}: marginals against pyAgrum, prior and with 20 % evidence", error, "", 1e-9, 1e-12)


@part("uai")
def instances() -> Iterator[Row]:
    """Instances of the UAI 2014 competition."""
    return _published(("Promedus_13", "Promedus_15", "Promedus_16", "CSP_12", "Grids_12"))


@part("uai-large")
def large_instances() -> Iterator[Row]:
    """Those that take minutes."""
    return _published(("Pedigree_12", "Grids_11"))


def _published(names: Sequence[str]) -> Iterator[Row]:
    for name in names if UAI.exists() else ():
        graph, given, published = uai(name)
        pairs = zip(compile_graph(graph, LARGE).marginals(given), published, strict=True)
        error = max(float(np.abs(own - theirs).max()) for own, theirs in pairs)
        yield Row(f"{name}: marginals against the published ones", error, "", 1e-6, 5.1e-7)
