"""Causes: each multiplies the odds of its effect, and the effect keeps its stated prior."""

from __future__ import annotations

import numpy as np
import pytest

from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.rules import causes


def test_the_push_of_every_joint_state_is_the_sum_of_the_causes_that_hold() -> None:
    np.testing.assert_allclose(causes.push(np.array([1.0, 10.0])), [0.0, 10.0, 1.0, 11.0])


def test_a_conditional_table_sums_to_one() -> None:
    table = np.exp(causes.log_conditional(np.array(-0.5), np.array([0.0, 40.0, -40.0])))
    np.testing.assert_allclose(table.sum(axis=-1), 1.0)
    assert table[0, 1] == pytest.approx(1 / (1 + np.exp(0.5)))


def test_each_cause_multiplies_the_odds_of_the_effect_whatever_the_other_does() -> None:
    model = compile_model(Structure([0.3, 0.6, 0.2], [Relation("causes", 0, 2, 5.0), Relation("causes", 1, 2, 0.25)]))
    nothing = np.zeros(3)
    odds = {
        (one, two): model.log_odds(nothing, assume={0: one, 1: two}).log_odds[2]
        for one in (True, False)
        for two in (True, False)
    }
    for fixed in (True, False):
        assert odds[True, fixed] - odds[False, fixed] == pytest.approx(np.log(5.0))
        assert odds[fixed, True] - odds[fixed, False] == pytest.approx(np.log(0.25))


def test_an_unobserved_effect_leaves_its_causes_independent() -> None:
    model = compile_model(Structure([0.3, 0.6, 0.2], [Relation("causes", 0, 2, 5.0), Relation("causes", 1, 2, 4.0)]))
    assert model.log_odds([2.0, 0.0, 0.0]).log_odds[1] == pytest.approx(np.log(0.6 / 0.4), abs=1e-12)
    # Once the effect is seen, one cause explains the other away.
    seen = model.log_odds([0.0, 0.0, 3.0]).log_odds[1]
    assert model.log_odds([2.0, 0.0, 3.0]).log_odds[1] < seen
