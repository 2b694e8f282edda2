"""Contradiction: the odds of each are smaller by the odds ratio where the other holds."""

from __future__ import annotations

import numpy as np
import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.rules import contradicts


def test_the_odds_of_the_one_shrink_by_the_odds_ratio_where_the_other_holds() -> None:
    model = compile_model(Structure([0.3, 0.6], [Relation("contradicts", 0, 1, 0.25)]))
    holds, does_not = (model.log_odds([0.0, 0.0], assume={0: it}).log_odds[1] for it in (True, False))
    assert holds - does_not == pytest.approx(np.log(0.25))


def test_to_contradict_is_to_support_the_opposite() -> None:
    against = compile_model(Structure([0.3, 0.6], [Relation("contradicts", 0, 1, 0.25)])).log_odds([2.0, 0.5])
    opposite = compile_model(Structure([0.3, 0.4], [Relation("supports", 0, 1, 4.0)])).log_odds([2.0, -0.5])
    np.testing.assert_allclose(against.log_odds, opposite.log_odds * [1, -1], rtol=0, atol=1e-12)


def test_what_raises_is_no_contradiction() -> None:
    with pytest.raises(Incorrect) as refusal:
        contradicts.check(2.0)
    assert refusal.value.code == "infeasible-statements"
    contradicts.check(1.0)
