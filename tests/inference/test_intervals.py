from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.benchmarks.generators import evidence, hier, modular
from tests.inference.oracle import Enumeration
from tests.inference.strategies import questions

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference import Budget, Relation, Structure, compile_model
from beliefgraph.inference.intervals import NARROW
from beliefgraph.inference.quality import EXACT


@given(questions(("supports", "contradicts", "excludes", "implies")))
def test_the_truth_lies_within(question: tuple[Structure, np.ndarray]) -> None:
    structure, lam = question
    model = compile_model(structure)
    truth = Enumeration.of(structure).log_odds(lam)
    for belief in range(len(lam)):
        found = model.interval(belief, lam)
        assert found is not None
        assert found[0] <= truth[belief] + 1e-9
        assert found[1] >= truth[belief] - 1e-9
        assert found[1] - found[0] < 2 * NARROW  # so few beliefs are walked to the end


@pytest.mark.parametrize("make", [hier, modular])
@pytest.mark.parametrize("edges", [935, 1020])
def test_no_answer_of_a_usual_twin_lies_outside(make: object, edges: int) -> None:
    model = compile_model(make(edges=edges, seed=5))  # type: ignore[operator]
    lam = evidence(850, 5)
    posterior = model.log_odds(lam)
    truth = posterior.log_odds
    for belief in np.flatnonzero(posterior.quality == EXACT)[::40].tolist():
        found = model.interval(belief, lam)
        assert found is not None
        assert found[0] <= truth[belief] <= found[1]
        assert found[1] - found[0] < 0.5


def test_where_a_part_is_approximated_the_bounds_hold_for_what_is_approximated() -> None:
    rng = np.random.default_rng(0)
    relations = [Relation("supports", i, j, float(rng.uniform(1.2, 3.0))) for i, j in combinations(range(8), 2)]
    model = compile_model(Structure(rng.uniform(0.2, 0.8, 8), relations), Budget(max_width=2, approximate_width=2))
    (part,) = model.edge_deleted
    network = part.pairwise()
    assert network is not None
    lam = rng.normal(size=8)
    states = np.array(np.unravel_index(np.arange(2**8), (2,) * 8)).T
    weights = states @ (network.own + lam)
    for v in range(8):
        for e in range(network.start[v], network.start[v + 1]):
            if v < network.neighbour[e]:
                weights += network.log_table[e][states[:, v], states[:, network.neighbour[e]]]
    for v in range(8):
        holds = states[:, v] == 1
        truth = np.logaddexp.reduce(weights[holds]) - np.logaddexp.reduce(weights[~holds])
        found = model.interval(v, lam)
        assert found is not None
        assert found[0] <= truth <= found[1]


@given(st.floats(-5, 5))
def test_a_belief_without_relations_or_evidence_around_it_has_no_width(given_: float) -> None:
    model = compile_model(Structure([0.3, 0.5, 0.6], [Relation("supports", 0, 1, 3.0)]))
    lam = [0.0, 0.0, given_]
    assert model.interval(2, lam) == (model.log_odds(lam).log_odds[2],) * 2
    assert model.interval(0, lam) == (model.prior_log_odds[0],) * 2


def test_one_cause_is_a_table_over_two_and_several_are_not() -> None:
    lam = np.array([1.0, 0.0, 2.0])
    one = compile_model(Structure([0.3, 0.4, 0.6], [Relation("causes", 0, 1, 3.0), Relation("causes", 1, 2, 0.3)]))
    found = one.interval(1, lam)
    assert found is not None
    assert found[0] <= one.log_odds(lam).log_odds[1] <= found[1]
    two = compile_model(Structure([0.3, 0.4, 0.6], [Relation("causes", 0, 2, 3.0), Relation("causes", 1, 2, 0.3)]))
    assert two.interval(1, lam) is None


def test_what_cannot_be_asked_is_refused() -> None:
    triangle = [Relation("supports", i, (i + 1) % 3, 2.0) for i in range(3)]
    model = compile_model(Structure([0.5] * 3, triangle), Budget(max_table_entries=4))
    with pytest.raises(Unavailable):
        model.interval(0, np.zeros(3))
    with pytest.raises(Incorrect):
        model.interval(3, np.zeros(3))
    with pytest.raises(Incorrect):
        model.interval(0, np.zeros((2, 3)))
