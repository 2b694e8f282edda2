"""The strongest path from every belief to the one explained: a tree over the relations. Pure."""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

from beliefgraph.inference.rules import implies, noisy_or
from beliefgraph.services.definitions.graph import Edge
from beliefgraph.services.definitions.layout import Layout

WEAKEST = 1e-12
"""Least coupling of a relation, so that a relation without effect is still a path of last resort."""


def strongest_paths(layout: Layout, target: int, within: Iterable[int]) -> Mapping[int, tuple[int, Edge | None]]:
    """For every belief connected to the target: the next belief on its strongest path, and the relation.

    The strength of a path is the product of its couplings |tanh(ln OR / 4)|, by which evidence fades along it (E. W.
    Dijkstra, 1959, on the negative logarithms); ties by id. Two values of one attribute have no relation, and the
    coupling 1: they exclude each other, so their odds ratio is 0.
    """
    inside = set(within)
    around: dict[int, list[tuple[float, int, Edge | None]]] = defaultdict(list)
    for each in layout.edges:
        if each.source in inside and each.target in inside:
            length = -math.log(coupling(layout, each))
            around[each.source].append((length, each.target, each))
            around[each.target].append((length, each.source, each))
    ahead: dict[int, tuple[int, Edge | None]] = {}
    distance = {target: 0.0}
    queue = [(0.0, layout.ids[target], target)]
    done: set[int] = set()
    crossed: set[tuple[int, ...]] = set()
    while queue:
        so_far, _, here = heapq.heappop(queue)
        if here in done:
            continue
        done.add(here)
        steps = around[here]
        values = layout.values_beside.get(here, ())
        if values not in crossed:  # every other value is equally near from the nearest one
            crossed.add(values)
            steps = steps + [(0.0, there, None) for there in values]
        for length, there, edge in steps:
            if there not in done and so_far + length < distance.get(there, math.inf):
                distance[there] = so_far + length
                ahead[there] = (here, edge)
                heapq.heappush(queue, (so_far + length, layout.ids[there], there))
    return ahead


def coupling(layout: Layout, edge: Edge) -> float:
    """The share of a small change at one end of a relation that reaches the other, at even odds: |tanh(ln OR / 4)|."""
    ratio = edge.strength.parameter
    if edge.strength.probability is not None:
        rule = noisy_or if edge.strength.into_noisy_or else implies
        ratio = rule.odds_ratio(float(layout.prior[edge.source]), float(layout.prior[edge.target]), ratio)
    return max(abs(math.tanh(math.log(ratio) / 4)), WEAKEST)
