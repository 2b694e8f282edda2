"""Min-fill finds the orders that are known to be best, and gives up what is out of reach early."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import combinations, pairwise

from beliefgraph.inference.elimination import Budget, eliminate, min_fill, moral_graph


def width(size: int, scopes: Sequence[tuple[int, ...]], budget: Budget | None = None) -> int | None:
    order = min_fill(moral_graph(size, scopes), budget or Budget())
    return None if order is None else order.width


def test_a_graph_lists_the_neighbours_of_each_variable_once() -> None:
    graph = moral_graph(5, [(3, 0, 1), (1, 0), (4,)])
    assert [graph.neighbour[graph.start[v] : graph.start[v + 1]].tolist() for v in range(5)] == [
        [1, 3],
        [0, 3],
        [],
        [0, 1],
        [],
    ]


def test_a_tree_has_width_one_a_ring_two_a_clique_all_but_one() -> None:
    assert width(7, [((child - 1) // 2, child) for child in range(1, 7)]) == 1
    assert width(9, [(i, (i + 1) % 9) for i in range(9)]) == 2
    assert width(6, list(combinations(range(6), 2))) == 5


def test_a_grid_has_the_width_of_its_shorter_side() -> None:
    at = [[row * 9 + column for column in range(9)] for row in range(4)]
    scopes = [pair for row in at for pair in pairwise(row)] + [
        pair for c in zip(*at, strict=True) for pair in pairwise(c)
    ]
    assert width(36, scopes) == 4


def test_a_factor_of_several_keeps_them_together() -> None:
    assert width(4, [(0, 1, 2, 3)]) == 3


def test_ties_go_to_the_lowest_index() -> None:
    order = min_fill(moral_graph(4, [(0, 1), (1, 2), (2, 3)]), Budget())
    assert order is not None
    assert order.order.tolist() == [0, 1, 2, 3]
    assert order.later.tolist() == [1, 2, 3]


def test_a_new_edge_between_variables_of_many_states_weighs_more() -> None:
    # In a ring of four every turn needs one edge, 0-2 or 1-3; 1 and 3 have ten states.
    ring, cards = moral_graph(4, [(0, 1), (1, 2), (2, 3), (3, 0)]), [2, 10, 2, 10]
    weighted, blind = min_fill(ring, Budget(), cards), min_fill(ring, Budget(), cards, blind=True)
    assert weighted is not None
    assert blind is not None
    assert weighted.entries == 10 * 2 * 2 + 2 * 2 * 10 + 2 * 10 + 10
    assert blind.entries == 2 * 10 * 10 + 10 * 2 * 10 + 2 * 10 + 10
    cheaper = eliminate(ring, cards, Budget())
    assert cheaper is not None
    assert cheaper.order.tolist() == weighted.order.tolist()


def test_past_the_width_or_the_tables_there_is_no_order() -> None:
    ring = [(i, (i + 1) % 9) for i in range(9)]
    assert width(9, ring, Budget(max_width=1)) is None
    assert width(9, ring, Budget(max_width=2)) == 2
    assert width(9, ring, Budget(max_table_entries=20)) is None


def test_a_vertex_with_many_neighbours_can_go_once_they_have() -> None:
    assert width(40, [(0, leaf) for leaf in range(1, 40)], Budget(max_width=3)) == 1


def test_a_large_clique_is_given_up_at_once() -> None:
    graph = moral_graph(400, list(combinations(range(400), 2)))
    began = time.thread_time()
    assert min_fill(graph, Budget()) is None
    assert time.thread_time() - began < 1
