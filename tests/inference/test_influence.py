"""What moved a belief: contributions that sum to the change, and what would be left without each piece of evidence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import assume as given_that
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.benchmarks.generators import evidence, hier
from tests.inference.oracle import Enumeration
from tests.inference.strategies import questions

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference import CERTAIN_LOG_ODDS, Budget, Relation, Structure, compile_model
from beliefgraph.inference.influence import RESIDUAL_BOUND


@settings(max_examples=60)
@given(questions(), st.integers(0, 1))
def test_contributions_sum_to_the_change_of_log_odds(question: Any, target: int) -> None:
    structure, lam = question
    model = compile_model(structure)
    found = model.influence(target, lam)
    after = model.log_odds(lam).log_odds[target]
    assert found.log_odds == pytest.approx(after, abs=1e-12)
    assert found.prior_log_odds == pytest.approx(model.prior_log_odds[target], abs=1e-9)
    assert lam @ found.gradient - (found.log_odds - found.prior_log_odds) == pytest.approx(found.residual, abs=1e-12)
    assert abs(found.residual) <= RESIDUAL_BOUND
    assert found.gradient[target] == 1.0


@settings(max_examples=25)
@given(questions(size=30.0))
def test_contributions_of_overwhelming_evidence_sum_too(question: Any) -> None:
    structure, lam = question
    found = compile_model(structure).influence(0, lam)
    assert abs(found.residual) <= 1e-2
    assert abs(found.residual) <= RESIDUAL_BOUND or found.nodes > 4


@settings(max_examples=40)
@given(questions())
def test_the_gradient_is_the_average_slope_along_the_path(question: Any) -> None:
    structure, lam = question
    truth = Enumeration.of(structure)
    found = compile_model(structure).influence(0, lam)
    given_that(found.nodes == 4)
    abscissa, weight = np.polynomial.legendre.leggauss(4)
    step = 1e-5
    for belief in range(1, len(lam)):
        nudge = step * np.eye(len(lam))[belief]
        slopes = [
            (truth.log_odds((1 + s) / 2 * lam + nudge)[0] - truth.log_odds((1 + s) / 2 * lam - nudge)[0]) / (2 * step)
            for s in abscissa
        ]
        assert found.gradient[belief] == pytest.approx(weight @ slopes / 2, abs=1e-8)


@settings(max_examples=40)
@given(questions(), st.floats(-5, 5))
def test_leaving_one_out_equals_never_having_had_it(question: Any, delta: float) -> None:
    structure, lam = question
    model = compile_model(structure)
    found = model.influence(0, lam)
    beliefs = np.arange(len(lam))
    for belief, left in zip(beliefs, found.without(beliefs, np.full(len(lam), delta)), strict=True):
        missing = lam.copy()
        missing[belief] -= delta
        assert left == pytest.approx(model.log_odds(missing).log_odds[0], abs=1e-9)


def test_leaving_out_every_item_of_a_twin_at_once_equals_brute_force() -> None:
    structure = hier(n=300, edges=350, seed=1)
    lam = evidence(300, 1)
    model = compile_model(structure)
    found = model.influence(40, lam)
    told = np.flatnonzero(lam)
    brute = np.repeat(lam[None], len(told), axis=0)
    brute[np.arange(len(told)), told] = 0.0
    np.testing.assert_allclose(found.without(told, lam[told]), model.log_odds(brute).log_odds[:, 40], rtol=0, atol=1e-9)
    assert abs(found.residual) <= RESIDUAL_BOUND


def test_assumptions_hold_along_the_whole_path() -> None:
    structure = Structure([0.3, 0.5, 0.6], [Relation("supports", 0, 1, 4.0), Relation("supports", 1, 2, 4.0)])
    model = compile_model(structure)
    lam = np.array([2.0, 0.0, 0.0])
    # With the belief in between known, what is beyond it says nothing.
    found = model.influence(2, lam, assume={1: True})
    assert found.gradient[0] == pytest.approx(0.0, abs=1e-14)
    assert found.log_odds == pytest.approx(found.prior_log_odds, abs=1e-12)
    assert found.without([0], [2.0])[0] == pytest.approx(found.log_odds, abs=1e-12)


def test_what_is_set_by_hand_does_not_move_its_causes() -> None:
    model = compile_model(Structure([0.3, 0.5, 0.5], [Relation("causes", 0, 1, 6.0), Relation("causes", 1, 2, 6.0)]))
    assert model.influence(0, [0.0, 0.0, 3.0], do={1: True}).gradient[2] == pytest.approx(0.0, abs=1e-14)
    assert model.influence(0, [0.0, 0.0, 3.0]).gradient[2] > 0.05


def test_nothing_moves_what_is_assumed() -> None:
    model = compile_model(Structure([0.3, 0.5], [Relation("supports", 0, 1, 4.0)]))
    found = model.influence(0, [1.0, 1.0], assume={0: False})
    assert found.log_odds == -CERTAIN_LOG_ODDS
    assert (found.gradient == 0).all()
    assert found.without([0, 1], [1.0, 1.0]).tolist() == [-CERTAIN_LOG_ODDS] * 2


def test_a_belief_related_to_none_is_moved_by_its_own_evidence_alone() -> None:
    model = compile_model(Structure([0.3, 0.5, 0.5], [Relation("supports", 1, 2, 4.0)]))
    found = model.influence(0, [1.0, 1.0, 0.0])
    assert found.gradient.tolist() == [1.0, 0.0, 0.0]
    assert found.without([0, 1], [1.0, 1.0]).tolist() == [found.prior_log_odds, found.log_odds]


def test_evidence_in_another_part_contributes_nothing() -> None:
    structure = Structure([0.3, 0.5, 0.5, 0.6], [Relation("supports", 0, 1, 4.0), Relation("supports", 2, 3, 4.0)])
    found = compile_model(structure).influence(0, [0.0, 1.0, 5.0, 5.0])
    assert found.gradient[2:].tolist() == [0.0, 0.0]
    assert found.without([2], [5.0])[0] == found.log_odds


def test_a_target_without_an_answer_is_refused() -> None:
    triangle = [Relation("supports", i, (i + 1) % 3, 2.0) for i in range(3)]
    model = compile_model(Structure([0.5] * 3, triangle), Budget(max_table_entries=4))
    with pytest.raises(Unavailable) as refusal:
        model.influence(0, np.zeros(3))
    assert refusal.value.code == "too-wide"


def test_a_target_or_an_item_that_is_none_is_refused() -> None:
    model = compile_model(Structure([0.5, 0.5], [Relation("supports", 0, 1, 2.0)]))
    with pytest.raises(Incorrect):
        model.influence(2, np.zeros(2))
    with pytest.raises(Incorrect):
        model.influence(0, np.zeros((3, 2)))
    with pytest.raises(Incorrect):
        model.influence(0, np.zeros(2)).without([5], [1.0])
