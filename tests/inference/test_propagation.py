"""The kernels give what a few lines of numpy give, in probabilities and in logarithms, and what is ruled out stays
out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.benchmarks.generators import evidence, hier
from tests.inference import reference
from tests.inference.strategies import questions

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Structure, compile_model
from beliefgraph.inference.arrays import Floats
from beliefgraph.inference.elimination import Budget, min_fill, moral_graph
from beliefgraph.inference.junction_tree import junction_tree
from beliefgraph.inference.plan import Plan, plan
from beliefgraph.inference.propagation import Engine

SIZE = 12


def chain() -> Plan:
    order = min_fill(moral_graph(SIZE, list(pairwise(range(SIZE)))), Budget())
    assert order is not None
    return plan([junction_tree(order)], [2] * SIZE)


def ask(engine: Engine, log_leaves: Floats) -> Floats:
    rows = np.atleast_2d(log_leaves)
    said = np.ones((len(rows), len(engine.plan.leaf_codes)), dtype=np.uint8)
    return engine.log_marginals(np.exp(rows), said).reshape(log_leaves.shape)


@settings(max_examples=60)
@given(questions(size=20.0), st.lists(st.integers(0, 1), max_size=2))
def test_a_pass_equals_the_reference(question: tuple[Structure, Floats], ruled_out: list[int]) -> None:
    structure, lam = question
    for bundle in compile_model(structure).bundles:
        own = lam[bundle.members]
        leaves = np.stack([np.minimum(-own, 0.0), np.minimum(own, 0.0)], axis=1)
        for belief, state in enumerate(ruled_out):
            leaves[belief, state] = -np.inf
        found = ask(bundle.engine, leaves.ravel()).reshape(-1, 2)
        slow = reference.log_marginals(bundle.plan, bundle.engine.log_potential, leaves.ravel())[0].reshape(-1, 2)
        slow -= np.logaddexp(slow[:, :1], slow[:, 1:])
        np.testing.assert_allclose(found, slow, rtol=0, atol=1e-11)


def test_a_twin_of_the_usual_size_equals_the_reference() -> None:
    model = compile_model(hier(seed=4, edges=1000))
    lam = evidence(850, 4)
    (bundle,) = model.bundles
    leaves = np.minimum(np.stack([-lam, lam], axis=1), 0.0)[bundle.members].ravel()
    slow = reference.log_marginals(bundle.plan, bundle.engine.log_potential, leaves)[0].reshape(-1, 2)
    found = model.log_odds(lam).log_odds[bundle.members]
    np.testing.assert_allclose(found, slow[:, 1] - slow[:, 0], rtol=0, atol=1e-11)


def test_a_column_that_underflows_is_answered_by_logarithms() -> None:
    made = chain()
    rng = np.random.default_rng(1)
    engine = Engine.of(made, np.log(rng.random(made.entries)))
    leaves = np.zeros((3, made.leaves))
    leaves[1, ::2] = -300.0
    leaves[2, ::2] = -0.1
    found = ask(engine, leaves)
    assert (found == np.stack([ask(engine, row) for row in leaves])).all()
    for row, answer in zip(leaves, found, strict=True):
        slow = reference.log_marginals(made, engine.log_potential, row)[0].reshape(-1, 2)
        np.testing.assert_allclose(np.diff(answer.reshape(-1, 2)), np.diff(slow), rtol=1e-13, atol=1e-12)


def test_what_is_ruled_out_has_probability_zero_and_the_rest_is_conditioned() -> None:
    made = chain()
    engine = Engine.of(made, np.log(np.random.default_rng(2).random(made.entries)))
    clamped = np.zeros(made.leaves)
    clamped[0] = -np.inf  # the first variable does not take its first state
    found = ask(engine, clamped)
    assert found[0] == -np.inf
    assert found[1] == pytest.approx(0.0, abs=1e-12)
    nearly = np.zeros(made.leaves)
    nearly[0] = -60.0
    np.testing.assert_allclose(found[2:], ask(engine, nearly)[2:], rtol=0, atol=1e-12)


def test_a_zero_that_is_only_too_small_a_number_is_not_taken_for_one() -> None:
    # Two beliefs that all but exclude each other, in a table of its own scale: e^-800 is no double, and no 0.
    order = min_fill(moral_graph(2, [(0, 1)]), Budget())
    assert order is not None
    engine = Engine.of(plan([junction_tree(order)], [2, 2]), np.array([-800.0, 0.0, 0.0, -800.0]))
    leaves = np.array([0.0, -np.inf, 0.0, 0.0])
    assert ask(engine, leaves)[2:] == pytest.approx([-800.0, 0.0], abs=1e-12)


def test_when_nothing_is_left_it_is_impossible_evidence() -> None:
    made = chain()
    leaves = np.zeros(made.leaves)
    leaves[:2] = -np.inf
    with pytest.raises(Incorrect) as refusal:
        ask(Engine.of(made, np.zeros(made.entries)), leaves)
    assert refusal.value.code == "impossible-evidence"


def test_threads_that_ask_at_once_get_the_same_bits() -> None:
    model = compile_model(hier(seed=5, n=400, edges=440))
    rows = [evidence(400, seed) for seed in range(64)]
    alone = [model.log_odds(row).log_odds for row in rows]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda row: model.log_odds(row).log_odds, rows * 4))
    assert (np.array(together) == np.array(alone * 4)).all()
    assert (model.log_odds(rows).log_odds == np.array(alone)).all()


@settings(max_examples=40)
@given(questions(size=30.0), st.integers(0, 2**32 - 1))
def test_a_cohort_has_the_bits_of_its_users_asked_one_by_one(question: tuple[Structure, Floats], seed: int) -> None:
    structure, lam = question
    model = compile_model(structure)
    rng = np.random.default_rng(seed)
    rows = np.where(rng.random((70, len(lam))) < 0.5, lam * rng.uniform(-1, 1, (70, len(lam))), 0.0)
    asked = [len(lam) - 1, 0]
    assert (model.cohort(rows, asked) == model.log_odds(rows).log_odds[:, asked]).all()


def test_a_large_cohort_on_two_threads_has_them_too() -> None:
    model = compile_model(hier(seed=8, n=200, edges=220))
    rows = np.stack([evidence(200, seed, size=5.0) for seed in range(2_500)])
    assert (model.cohort(rows, range(200)) == model.log_odds(rows).log_odds).all()
    assert model.cohort(rows[:0], [3]).shape == (0, 1)
