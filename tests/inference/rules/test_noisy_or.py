"""A noisy OR: each cause does it by itself, the rest is leak, and rivals explain each other away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inference.oracle import Enumeration
from tests.inference.strategies import evidence_for, rivals

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.influence import RESIDUAL_BOUND
from beliefgraph.inference.learning.part import parts_of
from beliefgraph.inference.rules import noisy_or

ALARM = Structure([0.1, 0.2, 0.4], [Relation("causes", 0, 2, 0.9), Relation("causes", 1, 2, 0.5)], noisy_or=[2])
"""A burglar and a storm, each of which may set off an alarm."""


def chance(log_odds: Any) -> Any:
    return 1 / (1 + np.exp(-log_odds))


def test_the_leak_fills_up_what_the_causes_leave() -> None:
    # P(no alarm) = (1 − leak) · (1 − .1·.9) · (1 − .2·.5), for the causes are independent.
    kept = 0.6 / (0.91 * 0.90)
    found = compile_model(ALARM)
    for burglar, storm in ((False, False), (True, False), (False, True), (True, True)):
        expected = 1 - kept * (0.1 if burglar else 1.0) * (0.5 if storm else 1.0)
        known = found.log_odds(np.zeros(3), assume={0: burglar, 1: storm}).log_odds[2]
        assert chance(known) == pytest.approx(expected, abs=1e-10)
    assert found.drift <= 1e-10


def test_rival_causes_explain_each_other_away() -> None:
    model = compile_model(ALARM)
    seen = model.log_odds([0.0, 0.0, 9.0]).log_odds
    assert seen[0] > model.prior_log_odds[0]
    assert seen[1] > model.prior_log_odds[1]
    with_storm = model.log_odds([0.0, 9.0, 9.0]).log_odds[0]
    assert model.prior_log_odds[0] < with_storm < seen[0]
    without_storm = model.log_odds([0.0, -9.0, 9.0]).log_odds[0]
    assert without_storm > seen[0]
    # Causes of an effect nobody saw stay independent, and so do those of one that is ruled out.
    assert model.log_odds([0.0, 9.0, 0.0]).log_odds[0] == pytest.approx(model.prior_log_odds[0], abs=1e-12)
    ruled_out = model.log_odds(np.zeros(3), assume={2: False})
    both = model.log_odds([0.0, 9.0, 0.0], assume={2: False})
    assert both.log_odds[0] == pytest.approx(ruled_out.log_odds[0], abs=1e-12)


@settings(max_examples=60)
@given(rivals(), st.data())
def test_noisy_ors_answer_as_enumeration_does(structure: Structure, data: st.DataObject) -> None:
    lam = data.draw(evidence_for(structure))
    model, truth = compile_model(structure), Enumeration.of(structure)
    assert model.drift <= 1e-10
    np.testing.assert_allclose(model.log_odds(lam).log_odds, truth.log_odds(lam), rtol=0, atol=1e-9)
    last = len(lam) - 1
    for how in ("assume", "do"):
        question: dict[str, Any] = {how: {last: data.draw(st.booleans())}}
        found, expected = model.log_odds(lam, **question).log_odds, truth.log_odds(lam, **question)
        np.testing.assert_allclose(found[:last], expected[:last], rtol=0, atol=1e-9)
    why = model.influence(0, lam)
    assert lam @ why.gradient == pytest.approx(why.log_odds - model.prior_log_odds[0], abs=RESIDUAL_BOUND)


def test_a_value_may_be_a_cause() -> None:
    structure = Structure(
        [0.5, 0.3, 0.2, 0.4], [Relation("causes", 0, 3, 0.6), Relation("causes", 1, 3, 0.2)], [(0, 1, 2)], [3]
    )
    model = compile_model(structure)
    # Exclusive causes: P(not) = (1 − leak) · (1 − .5·.6 − .3·.2).
    kept = 0.6 / 0.64
    for value, does in enumerate((0.6, 0.2, 0.0)):
        known = model.log_odds(np.zeros(4), assume={value: True}).log_odds[3]
        assert chance(known) == pytest.approx(1 - kept * (1 - does), abs=1e-10)
    np.testing.assert_allclose(
        model.log_odds([0.0, 0, 0, 2.0]).log_odds,
        Enumeration.of(structure).log_odds([0.0, 0, 0, 2.0]),
        rtol=0,
        atol=1e-9,
    )


@pytest.mark.parametrize("chain", [False, True])
def test_causes_that_do_more_than_is_stated_are_refused_with_what_they_do(chain: bool) -> None:
    relations = [Relation("causes", 0, 2, 0.9), Relation("causes", 1, 2, 0.5)]
    if chain:
        relations.append(Relation("supports", 0, 1, 3.0))
    with pytest.raises(Incorrect, match="causes of this effect alone make it likelier") as refusal:
        compile_model(Structure([0.5, 0.2, 0.3], relations, noisy_or=[2]))
    assert refusal.value.code == "infeasible-statements"
    assert refusal.value.ids["beliefs"] == [2]


def test_causes_that_do_hardly_less_than_is_stated_are_calibrated() -> None:
    structure = Structure(
        [0.5, 0.5, 0.5], [Relation("causes", 0, 2, 0.5), Relation("causes", 1, 2, 0.333)], noisy_or=[2]
    )
    assert compile_model(structure).drift <= 1e-10  # 1 − .75·.8335 = .374 of .5
    tight = 1 - 0.75 * 0.75 + 1e-6
    assert (
        compile_model(
            Structure([0.5, 0.5, tight], [Relation("causes", 0, 2, 0.5), Relation("causes", 1, 2, 0.5)], noisy_or=[2])
        ).drift
        <= 1e-10
    )


@pytest.mark.parametrize("probability", [0.0, 1.0, -0.1, 4.0, np.nan, np.inf])
def test_what_is_no_probability_is_refused(probability: float) -> None:
    with pytest.raises(Incorrect) as refusal:
        Structure([0.5, 0.5], [Relation("causes", 0, 1, probability)], noisy_or=[1])
    assert refusal.value.code == "infeasible-statements"


def test_what_is_no_effect_is_no_noisy_or() -> None:
    for effect in (0, 7, -1):
        with pytest.raises(Incorrect) as refusal:
            Structure([0.5, 0.5], [Relation("causes", 0, 1, 0.5)], noisy_or=[effect])
        assert refusal.value.code == "invalid-input"


def test_the_hash_tells_the_link_apart() -> None:
    relations = [Relation("causes", 0, 1, 0.5)]
    assert Structure([0.5, 0.5], relations).content_hash != Structure([0.5, 0.5], relations, noisy_or=[1]).content_hash


def test_its_probabilities_are_not_learned() -> None:
    with pytest.raises(Incorrect) as refusal:
        parts_of(ALARM)
    assert refusal.value.code == "invalid-input"


@given(st.floats(-8, 8), st.lists(st.floats(0.01, 0.99), min_size=1, max_size=3))
def test_the_statistic_is_the_slope_of_the_table(intercept: float, does: list[float]) -> None:
    push = noisy_or.hazards(np.array(does))
    step = 1e-6
    up, down = (noisy_or.log_conditional(np.asarray(intercept + d), push) for d in (step, -step))
    np.testing.assert_allclose(noisy_or.statistic(intercept, push), (up - down) / (2 * step), rtol=1e-5, atol=1e-8)
    table = np.exp(noisy_or.log_conditional(np.asarray(intercept), push))
    np.testing.assert_allclose(table.sum(axis=-1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(table[:, 0], (1 - chance(intercept)) * (1 - np.array(does)), rtol=1e-12)


@pytest.mark.parametrize("cause", [0, 1])
def test_the_odds_ratio_of_one_cause_counts_its_rivals_among_what_else_does_it(cause: int) -> None:
    model = compile_model(ALARM)
    with_it, without = (model.log_odds(np.zeros(3), assume={cause: holds}).log_odds[2] for holds in (True, False))
    ratio = noisy_or.odds_ratio(ALARM.priors[cause], ALARM.priors[2], ALARM.relations[cause].parameter)
    assert np.log(ratio) == pytest.approx(with_it - without, abs=1e-9)
