"""Networks with large tables of many states, against pyAgrum's Lazy propagation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from tests.benchmarks import peers
from tests.benchmarks.report import Row, median
from tests.benchmarks.rows.accuracy import LARGE
from tests.benchmarks.scoreboard import in_turn, once, part
from tests.networks import bnlearn

from beliefgraph.inference.arrays import Flags
from beliefgraph.inference.factor_graph import compile_graph
from beliefgraph.inference.propagation import Engine

SETS = 10
"""So many sets of seen variables, each asked for the first time and then again."""


@part("large-tables")
def large_tables() -> Iterator[Row]:
    """Nothing seen, with the tables of the plan made anew; and a fifth seen, another fifth each time, where both make
    everything anew, and the same again."""
    for name, must, stretch in (("munin2", 3.0, 10.0), ("water", 1.0, 5.0), ("diabetes", 1.0, 5.0)):
        network = bnlearn(name)
        if network is None:
            continue
        net = peers.bayes_net(network.graph)
        compiled = compile_graph(network.graph, LARGE)
        engine = compiled.engine
        nothing = np.zeros((1, len(network.graph.cards)), dtype=np.uint8)

        def anew(engine: Engine = engine, nothing: Flags = nothing) -> None:
            Engine.of(engine.plan, engine.log_potential).log_marginals(np.ones((1, engine.plan.leaves)), nothing)

        ours, other = in_turn(anew, partial(peers.marginals, net, {}), 0.1)
        yield Row(
            f"{name}: full pass, nothing seen, times pyAgrum's Lazy", other / ours, "×", must, stretch, most=False
        )
        first, again, theirs, error = [], [], [], 0.0
        for seed in range(SETS):
            given = peers.some_evidence(net, network.graph.cards, 0.2, seed=seed)
            first.append(once(partial(compiled.marginals, given)))
            theirs.append(once(partial(peers.marginals, net, given)))
            again.append(once(partial(compiled.marginals, given)))
            pairs = zip(compiled.marginals(given), peers.marginals(net, given), strict=True)
            error = max(error, *(float(np.abs(a - b).max()) for a, b in pairs))
        yield Row(f"{name}: marginals against pyAgrum, 20 % seen", error, "", 1e-9, 1e-12)
        item = f"{name}: 20 % seen, others each time, times pyAgrum's Lazy"
        yield Row(item, median(theirs) / median(first), "×", must, stretch, most=False)
        yield Row(f"{name}: the same asked again, times pyAgrum's Lazy", median(theirs) / median(again), "×")
