"""Tables cut down to what is still possible give the answers of whole ones, and only what cannot be is struck out."""

from __future__ import annotations

from itertools import product
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.benchmarks import peers
from tests.networks import bnlearn

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Budget, factor_graph
from beliefgraph.inference.arrays import Flags, Floats
from beliefgraph.inference.domains import Factors
from beliefgraph.inference.factor_graph import Factor, FactorGraph, compile_graph
from beliefgraph.inference.scopes import Scopes

LARGE = Budget(max_width=60, max_table_entries=2**24)


@st.composite
def with_zeros(draw: st.DrawFn) -> tuple[FactorGraph, dict[int, int]]:
    """A few variables of two or three states, tables half of whose entries are 0, and some states that were seen."""
    cards = tuple(draw(st.lists(st.integers(2, 3), min_size=2, max_size=6)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    factors = []
    for _ in range(draw(st.integers(1, 7))):
        scope = tuple(rng.permutation(len(cards))[: rng.integers(1, 4)].tolist())
        table = rng.random([cards[v] for v in scope]) * (rng.random([cards[v] for v in scope]) < 0.6)
        factors.append(Factor(scope, table))
    seen = draw(st.dictionaries(st.integers(0, len(cards) - 1), st.integers(0, 1), min_size=1, max_size=3))
    return FactorGraph(cards, tuple(factors)), seen


def listed(graph: FactorGraph, seen: dict[int, int]) -> list[Floats] | None:
    """The marginals by listing every joint state; None if none is possible."""
    marginals = [np.zeros(states) for states in graph.cards]
    for state in product(*map(range, graph.cards)):
        weight = float(np.prod([f.table[tuple(state[v] for v in f.scope)] for f in graph.factors]))
        if all(state[v] == s for v, s in seen.items()):
            for variable, s in enumerate(state):
                marginals[variable][s] += weight
    return [m / m.sum() for m in marginals] if marginals[0].sum() > 0 else None


@settings(max_examples=150)
@given(with_zeros())
def test_cut_tables_give_the_answers_of_the_definition(question: tuple[FactorGraph, dict[int, int]]) -> None:
    graph, seen = question
    expected = listed(graph, seen)
    if listed(graph, {}) is None:
        return
    compiled = compile_graph(graph, LARGE)
    with mock.patch.object(factor_graph, "CUT_FROM", 0):
        if expected is None:
            with pytest.raises(Incorrect) as refusal:
                compiled.marginals(seen)
            assert refusal.value.code == "impossible-evidence"
            return
        found = compiled.marginals(seen)
    for own, by_definition in zip(found, expected, strict=True):
        np.testing.assert_allclose(own, by_definition, rtol=0, atol=1e-13)


def flags(*kept: list[int]) -> Flags:
    return np.array([flag for states in kept for flag in states], dtype=np.uint8)


def test_what_one_sight_makes_impossible_is_struck_out_along_the_chain() -> None:
    same = np.eye(3)  # 0 = 1 = 2, three states each; a fourth variable is free
    factors = Factors(
        first=np.array([0, 3, 6, 9, 11]),
        scopes=Scopes.of([(0, 1), (1, 2), (2, 3)]),
        start=np.array([0, 9, 18, 24]),
        value=np.concatenate([same.ravel(), same.ravel(), np.full(6, 0.5)]),
    )
    kept = flags([0, 1, 0], [1, 1, 1], [1, 1, 1], [1, 1])
    assert factors.possible(kept, np.array([0]))
    assert kept.tolist() == flags([0, 1, 0], [0, 1, 0], [0, 1, 0], [1, 1]).tolist()
    assert factors.sliced(kept, np.array([2]), 2).tolist() == [0.5, 0.5]
    both = flags([0, 1, 0], [1, 1, 1], [1, 0, 0], [1, 1])
    assert not factors.possible(both, np.array([0, 2]))


@pytest.mark.parametrize("name", ["munin2", "water"])
def test_a_network_of_large_tables_has_pyagrums_marginals_with_a_fifth_seen(name: str) -> None:
    network = bnlearn(name)
    if network is None:
        pytest.skip("the bnlearn networks come with pgmpy, which is not installed")
    net = peers.bayes_net(network.graph)
    seen = peers.some_evidence(net, network.graph.cards, 0.2, seed=1)
    compiled = compile_graph(network.graph, LARGE)
    first = compiled.marginals(seen)
    for own, theirs in zip(first, peers.marginals(net, seen), strict=True):
        np.testing.assert_allclose(own, theirs, rtol=0, atol=1e-12)
    for own, again in zip(first, compiled.marginals(dict(reversed(seen.items()))), strict=True):
        assert own.tobytes() == again.tobytes()
