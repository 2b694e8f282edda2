"""Variables of any number of states: the published networks, against pyAgrum and against published marginals."""

from __future__ import annotations

import numpy as np
import pytest
from tests.benchmarks import peers
from tests.networks import UAI, bnlearn, uai

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference import Budget
from beliefgraph.inference.factor_graph import Factor, FactorGraph, compile_graph

LARGE = Budget(max_width=60, max_table_entries=2**24)


@pytest.mark.parametrize("name", ["asia", "sachs", "child", "alarm", "insurance", "hailfinder", "hepar2", "win95pts"])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_published_network_has_pyagrums_marginals(name: str, share: float) -> None:
    network = bnlearn(name)
    if network is None:
        pytest.skip("the bnlearn networks come with pgmpy, which is not installed")
    net = peers.bayes_net(network.graph)
    given = peers.some_evidence(net, network.graph.cards, share, seed=1)
    found = compile_graph(network.graph, LARGE).marginals(given)
    for own, theirs in zip(found, peers.marginals(net, given), strict=True):
        np.testing.assert_allclose(own, theirs, rtol=0, atol=1e-9)


@pytest.mark.skipif(not UAI.exists(), reason="the UAI instances are not in ../shared/data")
@pytest.mark.parametrize("name", ["Promedus_13", "Promedus_15", "Promedus_16", "CSP_12", "Grids_12"])
def test_a_published_instance_has_its_published_marginals(name: str) -> None:
    graph, given, published = uai(name)
    for own, theirs in zip(compile_graph(graph, LARGE).marginals(given), published, strict=True):
        np.testing.assert_allclose(own, theirs, rtol=0, atol=5.1e-7)  # six decimals are published


@pytest.mark.skipif(not UAI.exists(), reason="the UAI instances are not in ../shared/data")
def test_a_grid_of_twenty_by_twenty_is_refused() -> None:
    with pytest.raises(BeliefgraphError) as refusal:
        compile_graph(uai("Grids_16")[0], Budget())
    assert refusal.value.code == "too-wide"


def test_a_state_that_cannot_be_is_impossible_evidence() -> None:
    never = Factor((0, 1), np.array([[1.0, 0.0], [1.0, 0.0]]))
    with pytest.raises(BeliefgraphError) as refusal:
        compile_graph(FactorGraph((2, 2), (never,)), Budget()).marginals({1: 1})
    assert refusal.value.code == "impossible-evidence"


def test_a_variable_without_a_factor_is_uniform_unless_it_is_seen() -> None:
    graph = compile_graph(FactorGraph((2, 3, 2), (Factor((0, 2), np.array([[1.0, 3.0], [1.0, 3.0]])),)), Budget())
    assert graph.marginals()[1] == pytest.approx([1 / 3] * 3)
    assert graph.marginals()[2] == pytest.approx([0.25, 0.75])
    assert graph.marginals({1: 2})[1].tolist() == [0.0, 0.0, 1.0]
