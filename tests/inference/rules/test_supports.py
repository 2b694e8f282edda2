"""Support: the odds of each are the odds ratio times greater where the other holds."""

from __future__ import annotations

import numpy as np
import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.rules import supports


def test_the_odds_of_the_one_grow_by_the_odds_ratio_where_the_other_holds() -> None:
    model = compile_model(Structure([0.3, 0.6], [Relation("supports", 0, 1, 4.0)]))
    holds, does_not = (model.log_odds([0.0, 0.0], assume={0: it}).log_odds[1] for it in (True, False))
    assert holds - does_not == pytest.approx(np.log(4.0))
    holds, does_not = (model.log_odds([0.0, 0.0], assume={1: it}).log_odds[0] for it in (True, False))
    assert holds - does_not == pytest.approx(np.log(4.0))


def test_support_goes_both_ways() -> None:
    one, other = (compile_model(Structure([0.3, 0.6], [Relation("supports", *ends, 4.0)])) for ends in ((0, 1), (1, 0)))
    assert (one.log_odds([1.0, -2.0]).log_odds == other.log_odds([1.0, -2.0]).log_odds).all()


def test_what_lowers_is_no_support() -> None:
    with pytest.raises(Incorrect) as refusal:
        supports.check(0.5)
    assert refusal.value.code == "infeasible-statements"
    supports.check(1.0)
