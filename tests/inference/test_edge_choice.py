from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.benchmarks.generators import hier, modular

from beliefgraph.inference.edge_choice import Choice, choose, edge_deleted_trees, strength
from beliefgraph.inference.factors import factors_of


def check(cards: list[int], scopes: list[tuple[int, ...]], choice: Choice, width: int) -> None:
    """Whatever is kept stands in a junction tree, and no table is larger than it may be."""
    for bag in choice.bags:
        assert np.prod([cards[v] for v in bag]) <= 2 ** (width + 1)
    trees = edge_deleted_trees(cards, scopes, choice, width)
    cliques = [clique for tree in trees for clique in tree.cliques]
    assert max(map(len, cliques)) <= width + 1
    for scope, kept in zip(scopes, choice.kept, strict=True):
        assert not kept or any(set(scope) <= set(clique) for clique in cliques)
    for v in range(len(cards)):
        (tree,) = [tree for tree in trees if any(v in clique for clique in tree.cliques)]
        here = [k for k, clique in enumerate(tree.cliques) if v in clique]
        # All but the first are joined to a parent that has v too, so that they hang together.
        assert all(v in tree.cliques[tree.parent[k]] for k in here[1:])


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[int], list[tuple[int, ...]], np.ndarray, int]:
    n = draw(st.integers(1, 9))
    cards = [draw(st.integers(2, 3)) for _ in range(n)]
    subset = st.lists(st.integers(0, n - 1), min_size=1, max_size=4, unique=True)
    scopes = [tuple(scope) for scope in draw(st.lists(subset, max_size=20))]
    weights = np.array([draw(st.sampled_from([0.1, 0.5, 1.0])) for _ in scopes])
    return cards, scopes, weights, draw(st.integers(3, 6))


@given(graphs())
def test_what_is_kept_fits_and_hangs_together(asked: tuple[list[int], list[tuple[int, ...]], np.ndarray, int]) -> None:
    cards, scopes, weights, width = asked
    check(cards, scopes, choose(cards, scopes, weights, width), width)


@pytest.mark.parametrize("make", [hier, modular])
@pytest.mark.parametrize("width", [8, 4])
def test_a_twin_of_many_relations_keeps_the_strongest_spanning_forest(make: object, width: int) -> None:
    structure = make(edges=1700, seed=2)  # type: ignore[operator]
    factors = factors_of(structure)
    strengths = np.array([strength(pair.log_table) for pair in factors.pairs])
    choice = choose([2] * 850, factors.joined, strengths, width)
    check([2] * 850, factors.joined, choice, width)
    group = list(range(850))
    for at in np.lexsort((np.arange(len(strengths)), -strengths)).tolist():
        one, other = (group[v] for v in factors.joined[at])
        if one != other:
            assert choice.kept[at]
            group = [one if of == other else of for of in group]
    assert strengths[~choice.kept].mean() < strengths[choice.kept].mean()


def test_everything_is_kept_where_it_fits() -> None:
    scopes: list[tuple[int, ...]] = list(combinations(range(5), 2))
    assert choose([2] * 5, scopes, np.ones(len(scopes)), 4).kept.all()
    assert not choose([2] * 5, scopes, np.ones(len(scopes)), 3).kept.all()


def test_a_ring_drops_its_weakest_link_at_width_one_and_the_last_of_equals() -> None:
    ring: list[tuple[int, ...]] = [(i, (i + 1) % 6) for i in range(6)]
    weights = np.array([3.0, 2.0, 1.0, 2.0, 3.0, 4.0])
    assert np.flatnonzero(~choose([2] * 6, ring, weights, 1).kept).tolist() == [2]
    assert np.flatnonzero(~choose([2] * 6, ring, np.ones(6), 1).kept).tolist() == [5]


def test_the_strength_of_a_table_is_a_quarter_of_its_greatest_log_odds_ratio() -> None:
    assert strength(np.log([[2.0, 1.0], [1.0, 3.0]])) == pytest.approx(np.log(6.0) / 4)
    assert strength(np.log([[1.0, 1.0, 1.0], [1.0, 5.0, 2.0]])) == pytest.approx(np.log(5.0) / 4)
    three = np.zeros((2, 2, 2))
    three[1, 0, 1] = 2.0
    assert strength(three) == pytest.approx(0.5)
    assert strength(np.zeros(3)) == 0.0
