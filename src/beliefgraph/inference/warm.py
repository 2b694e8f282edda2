"""Compile or load the kernels before the first query."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from beliefgraph.inference.compile import compile_model
from beliefgraph.inference.elimination import Budget
from beliefgraph.inference.evidence import combine_unweighted
from beliefgraph.inference.foresight.runs import Entries, Runs
from beliefgraph.inference.greatest import Greatest, PieceShape, count_pieces
from beliefgraph.inference.items import ItemRuns, Items, Spread, gather, weigh
from beliefgraph.inference.kernels import grid
from beliefgraph.inference.pieces import Merging
from beliefgraph.inference.structure import Relation, Structure


def warm() -> None:
    """Run a query of each kind on a small model, so that every kernel is compiled or loaded from disk.

    Some seconds the first time after an installation, a fraction of a second later. May run in its own thread:
    concurrent queries wait for the kernel they need.
    """
    relations = [
        Relation("supports", 0, 1, 2.0),
        Relation("causes", 1, 2, 2.0),
        Relation("supports", 2, 3, 2.0),
        Relation("supports", 0, 3, 2.0),
    ]
    model = compile_model(Structure([0.3, 0.6, 0.2, 0.3, 0.7], relations, [(3, 4)]))
    model.log_odds(np.ones(5), do={2: True})
    model.influence(0, np.ones(5))
    model.cohort(np.ones((2, 5)), [1])
    session = model.session(np.zeros(5))
    session.set_evidence(0, 1.0)
    session.set_evidence(3, 1.0)
    session.log_odds()
    session.log_odds_of(1)
    (bundle,) = model.bundles
    bundle.engine.log_tree(0, np.ones(bundle.plan.leaves))
    triangle = [Relation("supports", i, (i + 1) % 3, 2.0) for i in range(3)]
    none, one = np.zeros(1, dtype=np.int32), np.ones(1, dtype=np.int64)
    items = Items(none, np.ones(1), np.ones(1), one, one, one + 1, none, none + 1)
    sure = np.ones(1, dtype=np.bool_)
    blocks = [items, replace(items, runs=ItemRuns.of(items, one))]
    totals, _ = gather(1, 0, blocks, one, sure, ~sure)
    combine_unweighted(one - 1, one - 1, totals.sums, 1)
    weigh(1, items, one)
    spread, merging = Spread(1, 0, one, sure, np.ones(1)), Merging(one - 1, 2)
    begins = np.ones(1, np.uint8)
    for begin, block in enumerate(blocks):
        merging.block(begin, spread.block(block), none, begins, np.ones((1, 2), np.uint64))
    greatest = Greatest(spread, merging)
    greatest.block(0, blocks[1], begins, PieceShape.of(begins, none))
    greatest.found(merging.merged, 1)
    count_pieces(begins, none, begins)
    grid.steps(np.ones(1), np.ones(1))
    grid.nearest(np.ones(1), np.ones(1))
    grid.apart(np.ones(1), np.full(1, 0.5), 1.0, np.zeros(1, dtype=np.uint8))
    Runs.none(2).then(Entries.of(one, one))
    edge_deleted = compile_model(Structure([0.5] * 3, triangle), Budget(max_width=1, approximate_width=1))
    edge_deleted.log_odds(np.ones(3))
    edge_deleted.interval(0, np.ones(3))
