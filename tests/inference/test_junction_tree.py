"""A junction tree holds every factor, and what two cliques share is shared all along the way between them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.inference.elimination import Budget, min_fill, moral_graph
from beliefgraph.inference.junction_tree import JunctionTree, junction_tree


def tree_of(size: int, scopes: list[tuple[int, ...]]) -> JunctionTree:
    order = min_fill(moral_graph(size, scopes), Budget())
    assert order is not None
    return junction_tree(order)


@st.composite
def connected(draw: st.DrawFn) -> tuple[int, list[tuple[int, ...]]]:
    size = draw(st.integers(2, 12))
    scopes: list[tuple[int, ...]] = [(draw(st.integers(0, child - 1)), child) for child in range(1, size)]
    more = draw(st.lists(st.lists(st.integers(0, size - 1), min_size=2, max_size=4, unique=True), max_size=6))
    return size, scopes + [tuple(scope) for scope in more]


@given(connected())
def test_every_factor_is_in_some_clique_and_every_variable_in_a_subtree(
    graph: tuple[int, list[tuple[int, ...]]],
) -> None:
    size, scopes = graph
    tree = tree_of(size, scopes)
    cliques = [set(clique) for clique in tree.cliques]
    assert all(any(set(scope) <= clique for clique in cliques) for scope in scopes)
    for variable in range(size):
        holding = [k for k, clique in enumerate(cliques) if variable in clique]
        # In a subtree exactly one of the cliques that hold a variable has no parent that does.
        tops = [k for k in holding if tree.parent[k] < 0 or variable not in cliques[tree.parent[k]]]
        assert len(tops) == 1
    for k, clique in enumerate(tree.cliques):
        parent = tree.parent[k]
        shared = set(clique[: tree.shared[k]])
        assert shared == (cliques[k] & cliques[parent] if parent >= 0 else set())
        assert not any(cliques[k] < other for other in cliques), "not maximal"


def test_a_chain_is_rooted_in_its_middle() -> None:
    tree = tree_of(11, list(pairwise(range(11))))
    assert len(tree.cliques) == 10
    assert max(tree.level) == 5


@pytest.mark.parametrize("leaves", [1, 2, 30])
def test_a_star_is_two_levels_deep(leaves: int) -> None:
    tree = tree_of(leaves + 1, [(0, leaf) for leaf in range(1, leaves + 1)])
    assert max(tree.level) <= 1
    assert tree.width == 1
