"""Min-fill finds the orders that are known to be best, and gives up what is out of reach early."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import combinations, pairwise

from beliefgraph.inference.elimination import Budget, bits, min_fill, moral_graph


def width(size: int, scopes: Sequence[tuple[int, ...]], budget: Budget | None = None) -> int | None:
    order = min_fill(moral_graph(size, scopes), budget or Budget())
    return None if order is None else max(later.bit_count() for _, later in order)


def test_a_set_held_as_an_integer_lists_its_members() -> None:
    assert list(bits(0b101001)) == [0, 3, 5]


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
    assert [vertex for vertex, _ in order] == [0, 1, 2, 3]


def test_past_the_width_or_the_tables_there_is_no_order() -> None:
    ring = [(i, (i + 1) % 9) for i in range(9)]
    assert width(9, ring, Budget(max_width=1)) is None
    assert width(9, ring, Budget(max_width=2)) == 2
    assert width(9, ring, Budget(max_table_entries=20)) is None


def test_a_vertex_with_many_neighbours_can_go_once_they_have() -> None:
    assert width(40, [(0, leaf) for leaf in range(1, 40)], Budget(max_width=3)) == 1


def test_a_large_clique_is_given_up_at_once() -> None:
    graph = moral_graph(400, list(combinations(range(400), 2)))
    began = time.perf_counter()
    assert min_fill(graph, Budget()) is None
    assert time.perf_counter() - began < 1
