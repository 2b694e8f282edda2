"""Without evidence the stated priors are returned; where no model returns them, that is said."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from tests.inference.strategies import structures

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Model, Relation, RelationKind, Structure, compile_model
from beliefgraph.inference.calibrate import DRIFT_BOUND
from beliefgraph.inference.factors import factors_of
from beliefgraph.inference.marginals import Marginals
from beliefgraph.inference.stop import budget


def drift(model: Model) -> float:
    """How far the pass, really run, is from the stated priors: each belief gets evidence too small to matter."""
    nearly = np.full(len(model.priors), 1e-14)
    return float(np.abs(model.log_odds(nearly).log_odds - model.prior_log_odds).max())


def random_structure(seed: int, size: int, density: float, strongest: float, kind: RelationKind | None) -> Structure:
    rng = np.random.default_rng(seed)
    relations: list[Relation] = []
    for i, j in combinations(range(size), 2):
        if rng.random() < density and sum(r.target == j for r in relations) < 4:
            strength = float(np.exp(rng.uniform(0, np.log(strongest))))
            one: RelationKind = kind or ("supports" if rng.random() < 0.5 else "contradicts")
            falls = one == "contradicts" or (one == "causes" and rng.random() < 0.5)
            relations.append(Relation(one, i, j, 1 / strength if falls else strength))
    return Structure(1 / (1 + np.exp(-rng.uniform(-4, 4, size))), relations)


@settings(max_examples=60)
@given(structures())
def test_any_statements_that_can_hold_are_calibrated(structure: Structure) -> None:
    assert drift(compile_model(structure)) <= 1e-9


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("kind", [None, "causes"])
def test_strong_and_dense_statements_are_calibrated(seed: int, kind: RelationKind | None) -> None:
    model = compile_model(random_structure(seed, 11, 0.6, 1e4, kind))
    assert drift(model) <= 1e-9
    assert model.drift <= DRIFT_BOUND


def test_a_tree_needs_no_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Marginals, "quasi_newton", None)
    relations: list[Relation] = [Relation("supports", i, j, 5.0) for i, j in pairwise(range(6))]
    relations += [Relation("contradicts", 2, 6, 0.1), Relation("implies", 6, 7, 0.7)]
    relations += [Relation("causes", 7, 9, 4.0), Relation("causes", 8, 9, 0.2)]
    model = compile_model(Structure(np.linspace(0.1, 0.9, 10), relations))
    assert model.drift <= 1e-12


def test_a_tree_of_variables_that_many_relations_tie_needs_no_iteration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Marginals, "quasi_newton", None)
    values, narrower = 4, 90
    groups = [tuple(range(values * at, values * (at + 1))) for at in range(narrower + 1)]
    inherits: list[Relation] = [
        Relation("supports", group[value], groups[at // 30][value], 8.0)
        for at, group in enumerate(groups[1:])
        for value in range(values)
    ]
    alone = values * len(groups)
    inherits.append(Relation("contradicts", alone, 2, 0.2))
    model = compile_model(Structure([*[0.4, 0.2, 0.3, 0.1] * len(groups), 0.3], inherits, groups))
    assert model.drift <= DRIFT_BOUND
    assert drift(model) <= 1e-9


def test_a_drift_that_naive_tables_would_show_is_removed() -> None:
    ring = Structure([0.9] * 3, [Relation("contradicts", i, (i + 1) % 3, 0.02) for i in range(3)])
    model = compile_model(ring)
    assert drift(model) <= 1e-9


def test_an_effect_that_is_also_contradicted_keeps_its_prior_and_so_do_its_causes() -> None:
    structure = Structure(
        [0.3, 0.6, 0.4, 0.7],
        [
            Relation("causes", 0, 2, 6.0),
            Relation("causes", 1, 2, 3.0),
            Relation("contradicts", 2, 3, 0.1),
            Relation("supports", 3, 0, 5.0),
        ],
    )
    assert drift(compile_model(structure)) <= 1e-9


def test_statements_no_model_returns_are_refused_with_the_beliefs(monkeypatch: pytest.MonkeyPatch) -> None:
    # No gentle statement is beyond reach, so the reach is cut: no step at all.
    monkeypatch.setattr("beliefgraph.inference.calibrate._MOST_STEPS", 0)
    triangle = [Relation("supports", i, j, 5.0) for i, j in combinations(range(1, 4), 2)]
    with pytest.raises(Incorrect) as refusal:
        compile_model(Structure([0.5, 0.2, 0.7, 0.7], triangle))
    assert refusal.value.code == "infeasible-statements"
    beliefs = refusal.value.ids["beliefs"]
    assert isinstance(beliefs, list)
    assert set(beliefs) == {1, 2, 3}


def test_a_relation_that_says_nothing_has_no_factor() -> None:
    priors = [0.3, 0.6, 0.6]
    silent = [Relation("supports", 0, 1, 1.0), Relation("causes", 1, 2, 1.0), Relation("implies", 0, 1, 0.6)]
    factors = factors_of(Structure(priors, silent))
    assert factors.families == ()
    assert all(np.abs(pair.log_table).max() < 1e-14 for pair in factors.pairs)


def test_what_a_budget_does_not_reach_is_refused_before_it_is_worked_out() -> None:
    structure = random_structure(0, 11, 0.6, 1e4, None)
    cost = compile_model(structure).cost
    with budget(100 * cost):
        assert compile_model(structure).drift <= DRIFT_BOUND
    with budget(cost), pytest.raises(Incorrect) as refused:
        compile_model(structure)
    assert refused.value.code == "too-complex"
    assert compile_model(structure).drift <= DRIFT_BOUND  # without one there is no end
