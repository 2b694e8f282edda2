"""Exclusion: both hardly ever hold, and yet no answer is impossible."""

from __future__ import annotations

import numpy as np
import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.rules import excludes
from beliefgraph.model.evidence import CORRECTION_LOG_ODDS
from beliefgraph.model.relation import EXCLUDES_ODDS_RATIO


def test_where_one_holds_the_other_hardly_ever_does() -> None:
    model = compile_model(Structure([0.3, 0.4], [Relation("excludes", 0, 1, EXCLUDES_ODDS_RATIO)]))
    given = 1 / (1 + np.exp(-model.log_odds([0.0, 0.0], assume={0: True}).log_odds[1]))
    # p11 solves p11·p00 = ψ·p10·p01 with margins .3 and .4, to first order p11 = ψ·(.3·.4)/(1 − .7) = .004.
    assert given == pytest.approx(0.004 / 0.3, rel=0.05)


def test_two_corrections_that_exclude_each_other_both_stand() -> None:
    model = compile_model(Structure([0.3, 0.4], [Relation("excludes", 0, 1, EXCLUDES_ODDS_RATIO)]))
    found = model.log_odds([CORRECTION_LOG_ODDS, CORRECTION_LOG_ODDS]).log_odds
    assert (found > 5).all()


def test_what_raises_is_no_exclusion() -> None:
    with pytest.raises(Incorrect) as refusal:
        excludes.check(2.0)
    assert refusal.value.code == "infeasible-statements"
    excludes.check(EXCLUDES_ODDS_RATIO)
