"""The second tier: parts that are too wide to be exact."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.benchmarks.generators import evidence, hier
from tests.inference.loopy import loopy_log_odds
from tests.inference.strategies import KINDS, evidence_for, structures
from tests.networks import UAI, uai

from beliefgraph.errors import BeliefgraphError
from beliefgraph.inference import Budget, Model, Relation, Structure, compile_model
from beliefgraph.inference.edge_deleted import reach
from beliefgraph.inference.edge_deleted_graph import compile_edge_deleted_graph
from beliefgraph.inference.factor_graph import Factor, FactorGraph, compile_graph
from beliefgraph.inference.quality import APPROXIMATE, EXACT, UNRELIABLE

Floats = np.ndarray[Any, np.dtype[np.float64]]
THIN = Budget(max_width=1, approximate_width=2)
"""Everything with a cycle is too wide to be exact."""


def probability(log_odds: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


def degree_four(seed: int, odds_ratio: float) -> Structure:
    """A hierarchy small enough to be exact with patience."""
    return hier(150, 300, seed, odds_ratios=(odds_ratio, odds_ratio), domains=8)


@st.composite
def thin_questions(draw: st.DrawFn) -> tuple[Structure, Floats]:
    """Beliefs that all bear on each other by some relation, and evidence."""
    structure = draw(structures(KINDS))
    n = len(structure.priors)
    said = {(r.source, r.target) for r in structure.relations}
    rest = [
        Relation("supports", i, j, draw(st.floats(1.1, 3.0)))
        for i, j in combinations(range(n), 2)
        if (i, j) not in said
    ]
    made = Structure(structure.priors, [*structure.relations, *rest])
    return made, draw(evidence_for(made))


def compiled(structure: Structure, budget: Budget = THIN) -> Model:
    try:
        return compile_model(structure, budget)
    except BeliefgraphError as refused:
        assume(refused.code != "infeasible-statements")
        raise


# --- labels


@given(thin_questions())
def test_what_is_approximated_is_never_called_exact(question: tuple[Structure, Floats]) -> None:
    structure, lam = question
    assume(len(lam) > 2 and lam.any())
    lam = np.where(np.abs(lam) < 1e-12, 0.0, lam)  # less is lost in a weight of 1
    model = compiled(structure)
    posterior = model.log_odds(lam)
    for part in model.parts:
        labels = posterior.quality[part.beliefs]
        if part.tier == "exact" or not lam[part.beliefs].any():
            assert (labels == EXACT).all()
            assert (posterior.error[part.beliefs] == 0).all()
        else:
            assert np.isin(labels, (APPROXIMATE, UNRELIABLE)).all()
            assert (posterior.error[part.beliefs] > 0).all()
    assert np.isfinite(posterior.log_odds).all()


@pytest.mark.parametrize("name", ["Grids_16", "Grids_17"])
def test_a_frustrated_grid_is_labelled_unreliable(name: str) -> None:
    if not UAI.exists():
        pytest.skip("the UAI instances are not here")
    graph, given_, published = uai(name)
    found, reliable = compile_edge_deleted_graph(graph, Budget()).marginals(given_)
    assert max(float(np.abs(own - other).max()) for own, other in zip(found, published, strict=True)) > 0.1
    assert not reliable.any()


@pytest.mark.parametrize("approximate_width", [2, 4, 8])
@pytest.mark.parametrize("odds_ratio", [0.01, 0.1])
@pytest.mark.parametrize("prior", [0.3, 0.5])
def test_ten_beliefs_that_all_contradict_each_other_are_labelled_unreliable(
    approximate_width: int, odds_ratio: float, prior: float
) -> None:
    relations = [Relation("contradicts", i, j, odds_ratio) for i, j in combinations(range(10), 2)]
    model = compile_model(Structure([prior] * 10, relations), Budget(max_width=1, approximate_width=approximate_width))
    for lam in (np.eye(10)[0] * 3.0, np.random.default_rng(0).normal(0.0, 1.5, 10)):
        assert (model.log_odds(lam).quality == UNRELIABLE).all()


@pytest.mark.parametrize("odds_ratio", [1.5, 2.0, 3.0])
def test_a_crowd_that_holds_or_falls_together_is_labelled_unreliable(odds_ratio: float) -> None:
    relations = [Relation("supports", i, j, odds_ratio) for i, j in combinations(range(14), 2)]
    model = compile_model(Structure([0.5] * 14, relations), Budget(max_width=1))
    assert (model.log_odds(np.eye(14)[0] * 2.0).quality == UNRELIABLE).all()


def test_what_is_assumed_is_exact_and_the_rest_is_not() -> None:
    model = compile_model(hier(edges=1700, seed=1))
    posterior = model.log_odds(np.zeros(850), {3: True, 5: False})
    assert posterior.quality[[3, 5]].tolist() == [EXACT, EXACT]
    assert posterior.error[[3, 5]].tolist() == [0.0, 0.0]
    assert (np.delete(posterior.quality, [3, 5]) != EXACT).all()


def test_the_parts_say_how_they_are_answered() -> None:
    triangle = [Relation("supports", i, (i + 1) % 3, 2.0) for i in range(3)]
    structure = Structure([0.5] * 6, [*triangle, Relation("supports", 3, 4, 2.0)])
    model = compile_model(structure, Budget(max_width=1, approximate_width=1))
    assert [(part.beliefs.tolist(), part.tier, part.width) for part in model.parts] == [
        ([0, 1, 2], "approximate", 1),
        ([3, 4], "exact", 1),
    ]
    assert compile_model(structure, Budget(max_table_entries=4)).parts[0].tier == "unavailable"


# --- priors


@given(thin_questions())
def test_without_evidence_the_stated_priors_return(question: tuple[Structure, Floats]) -> None:
    model = compiled(question[0])
    nothing = np.zeros(len(model.priors))
    assert (model.log_odds(nothing).log_odds == model.prior_log_odds).all()
    assert (model.log_odds(nothing).quality == EXACT).all()
    assert model.drift <= 1e-10


@pytest.mark.parametrize("directed", [False, True])
def test_the_approximate_model_itself_returns_the_priors(directed: bool) -> None:
    model = compile_model(hier(edges=1700, seed=3, directed=directed))
    assert [part.tier for part in model.parts] == ["approximate"]
    nearly = np.full(850, 1e-13)
    np.testing.assert_allclose(model.log_odds(nearly).log_odds, model.prior_log_odds, rtol=0, atol=1e-8)


# --- the same bits


def test_the_answer_does_not_depend_on_what_was_asked_before() -> None:
    model = compile_model(hier(edges=1700, seed=2))
    lam = evidence(850, 2)
    alone = model.log_odds(lam)
    rows = np.stack([np.zeros(850), lam, 2.0 * lam, lam])
    batch = model.log_odds(rows)
    assert (batch.log_odds[[1, 3]] == alone.log_odds).all()
    assert (batch.error[[1, 3]] == alone.error).all()
    asked = [7, 3, 849]
    assert (model.cohort(rows, asked) == batch.log_odds[:, asked]).all()
    again = compile_model(hier(edges=1700, seed=2))
    assert (again.log_odds(lam).log_odds == alone.log_odds).all()


def test_a_session_gives_the_bits_of_the_full_answer_whatever_came_before() -> None:
    model = compile_model(hier(edges=1700, seed=2))
    rng = np.random.default_rng(0)
    lam = evidence(850, 2)
    session = model.session(np.zeros(850))
    for belief in rng.permutation(np.flatnonzero(lam)).tolist():
        session.set_evidence(belief, 3.0)
        session.set_evidence(belief, float(lam[belief]))
    assert (session.log_odds() == model.log_odds(lam).log_odds).all()
    assert session.log_odds_of(5) == model.log_odds(lam).log_odds[5]


def test_relations_in_any_order_keep_the_same_factors_and_give_the_same_bits() -> None:
    structure = hier(edges=1700, seed=4)
    turned = Structure(structure.priors, structure.relations[::-1])
    lam = evidence(850, 4)
    assert (compile_model(structure).log_odds(lam).log_odds == compile_model(turned).log_odds(lam).log_odds).all()


# --- accuracy


@pytest.mark.parametrize("seed", range(3))
def test_a_tree_width_that_holds_everything_is_exact(seed: int) -> None:
    structure = hier(seed=seed)
    lam = evidence(850, seed)
    edge_deleted = compile_model(structure, Budget(max_width=1, approximate_width=8))
    np.testing.assert_allclose(
        edge_deleted.log_odds(lam).log_odds, compile_model(structure).log_odds(lam).log_odds, rtol=0, atol=1e-8
    )


@pytest.mark.parametrize("seed", range(4))
def test_a_twin_of_degree_four_errs_a_third_of_loopy_belief_propagation_at_most(seed: int) -> None:
    structure = degree_four(seed, 2.5)
    lam = evidence(150, seed)
    exact = compile_model(structure, Budget(max_table_entries=2**24))
    assert exact.parts[0].tier == "exact"
    truth = probability(exact.log_odds(lam).log_odds)
    error = np.abs(probability(compile_model(structure, Budget(max_width=7)).log_odds(lam).log_odds) - truth)
    loopy = np.abs(probability(loopy_log_odds(structure, lam)) - truth)
    assert error.max() <= 0.03
    assert error.mean() <= 0.002
    assert error.mean() <= loopy.mean() / 3.0


@pytest.mark.parametrize("odds_ratio", [2.5, 4.0, 6.0])
def test_error_bars_cover_the_truth(odds_ratio: float) -> None:
    covered, asked = 0, 0
    for seed in range(6):
        structure = degree_four(seed, odds_ratio)
        lam = evidence(150, seed, size=1.0 + seed % 2)
        truth = compile_model(structure, Budget(max_table_entries=2**24)).log_odds(lam)
        found = compile_model(structure, Budget(max_width=5)).log_odds(lam)
        trusted = found.quality == APPROXIMATE
        covered += int((np.abs(found.log_odds - truth.log_odds) <= found.error)[trusted].sum())
        asked += int(trusted.sum())
    assert asked > 400
    assert covered >= 0.95 * asked


def test_ten_paths_between_two_beliefs_are_not_counted_ten_times() -> None:
    """The diamond: loopy belief propagation says .971 where the truth is .860."""
    relations = [Relation("supports", end, middle, 4.0) for middle in range(2, 12) for end in (0, 1)]
    structure = Structure([0.5] * 12, relations)
    lam = np.zeros(12)
    lam[0] = 2.0
    truth = compile_model(structure).log_odds(lam).log_odds
    found = compile_model(structure, Budget(max_width=1, approximate_width=2)).log_odds(lam)
    np.testing.assert_allclose(found.log_odds, truth, rtol=0, atol=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_variables_of_several_states_are_approximated_too(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cards = tuple(rng.integers(2, 5, size=6).tolist())
    factors = [Factor((i, j), np.exp(rng.normal(0.0, 0.3, (cards[i], cards[j])))) for i, j in combinations(range(6), 2)]
    factors += [Factor((0, 2, 4), np.exp(rng.normal(0.0, 0.2, (cards[0], cards[2], cards[4]))))]
    graph = FactorGraph(cards, tuple(factors))
    exact = compile_graph(graph, Budget()).marginals({1: 1})
    found, _ = compile_edge_deleted_graph(graph, Budget(approximate_width=3)).marginals({1: 1})
    assert max(float(np.abs(own - other).max()) for own, other in zip(found, exact, strict=True)) < 0.1
    assert all(float(own.sum()) == pytest.approx(1.0) for own in found)


# --- values


def test_values_of_a_variable_are_approximated_as_one() -> None:
    rng = np.random.default_rng(3)
    groups = [(0, 1, 2), (3, 4, 5, 6), (7, 8, 9)]
    priors = np.concatenate([rng.dirichlet(np.full(len(group), 4.0)) for group in groups] + [rng.uniform(0.3, 0.7, 6)])
    group_of = {belief: at for at, group in enumerate(groups) for belief in group}
    relations = [
        Relation("supports", i, j, float(rng.uniform(1.3, 2.0)))
        for i, j in combinations(range(16), 2)
        if group_of.get(i, -1) != group_of.get(j, -2) and rng.random() < 0.6
    ]
    relations += [Relation("causes", cause, 15, 1.5) for cause in (0, 1, 3, 10)]
    structure = Structure(priors, [r for r in relations if r.kind == "causes" or r.target != 15], groups)
    lam = np.where(rng.random(16) < 0.5, rng.normal(size=16), 0.0)
    exact, edge_deleted = compile_model(structure), compile_model(structure, Budget(max_width=1, approximate_width=5))
    assert [part.tier for part in edge_deleted.parts] == ["approximate"]
    nearly = edge_deleted.log_odds(np.where(np.arange(16) == 10, 1e-13, 0.0))
    np.testing.assert_allclose(nearly.log_odds, edge_deleted.prior_log_odds, rtol=0, atol=1e-8)
    found = probability(edge_deleted.log_odds(lam).log_odds)
    assert np.abs(found - probability(exact.log_odds(lam).log_odds)).max() < 0.05
    for group in groups:
        assert found[list(group)].sum() == pytest.approx(1.0)
    assert edge_deleted.log_odds(lam, {0: True}).log_odds[[0, 1]].tolist() == [100.0, -100.0]
    assert edge_deleted.interval(10, lam) is None
    why = edge_deleted.influence(12, lam)
    assert why.gradient[12] == 1.0


# --- causes


def test_an_unobserved_effect_is_no_evidence_on_its_causes() -> None:
    structure = hier(edges=1700, seed=5, directed=True)
    model = compile_model(structure)
    assert [part.tier for part in model.parts] == ["approximate"]
    causes = {relation.source for relation in structure.relations}
    leaf = next(belief for belief in range(849, 0, -1) if belief not in causes)
    made = model.log_odds(np.zeros(850), do={leaf: True})
    others = np.arange(850) != leaf
    np.testing.assert_allclose(made.log_odds[others], model.prior_log_odds[others], rtol=0, atol=1e-6)
    seen = model.log_odds(np.zeros(850), assume={leaf: True})
    assert np.abs(seen.log_odds - model.prior_log_odds)[others].max() > 0.05


# --- influence


def test_influence_is_labelled_and_has_the_residual_of_its_contributions() -> None:
    structure = degree_four(1, 2.5)
    lam = evidence(150, 1)
    model = compile_model(structure, Budget(max_width=6))
    truth = compile_model(structure, Budget(max_table_entries=2**24))
    for target in (0, 40, 149):
        found, exact = model.influence(target, lam), truth.influence(target, lam)
        assert (found.exact, exact.exact) == (False, True)
        assert found.log_odds == pytest.approx(model.log_odds(lam).log_odds[target], abs=1e-6)
        missed = float(lam @ found.gradient) - (found.log_odds - found.prior_log_odds)
        assert found.residual == pytest.approx(missed, abs=1e-12)
        np.testing.assert_allclose(lam * found.gradient, lam * exact.gradient, rtol=0, atol=0.02)
        told = np.flatnonzero(lam)
        np.testing.assert_allclose(found.without(told, lam[told]), exact.without(told, lam[told]), rtol=0, atol=0.1)


def test_an_error_bar_reaches_farther_in_probability_where_it_leads_to_even_odds() -> None:
    assert reach(np.array([0.0]), np.array([0.0])) == 0.0
    assert reach(np.array([2.0]), np.array([2.0]))[0] == pytest.approx(0.5 - 1 / (1 + np.exp(2.0)))
    assert reach(np.array([-2.0]), np.array([2.0]))[0] == pytest.approx(0.5 - 1 / (1 + np.exp(2.0)))
