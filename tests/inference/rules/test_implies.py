"""Implication states P(target | source) and gets it; three numbers that cannot hold together are refused with the
reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.rules import implies


@given(st.floats(0.05, 0.95), st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_the_stated_conditional_is_returned(source: float, share: float, stated: float) -> None:
    least, most = stated * source, 1 - (1 - stated) * source
    target = least + share * (most - least)
    model = compile_model(Structure([source, target], [Relation("implies", 0, 1, stated)]))
    found = model.log_odds([0.0, 0.0], assume={0: True}).log_odds[1]
    assert found == pytest.approx(np.log(stated) - np.log1p(-stated), abs=1e-9)


def test_a_conditional_equal_to_the_prior_says_nothing() -> None:
    assert implies.odds_ratio(0.3, 0.6, 0.6) == pytest.approx(1.0)


def test_a_target_too_unlikely_for_the_implication_is_refused_with_the_range() -> None:
    with pytest.raises(Incorrect, match=r"between 0\.72 and 0\.92"):
        implies.odds_ratio(0.8, 0.2, 0.9)
    with pytest.raises(Incorrect) as refusal:
        Structure([0.8, 0.2], [Relation("implies", 0, 1, 0.9)])
    assert refusal.value.code == "infeasible-statements"
    assert refusal.value.ids["source"] == 0


@pytest.mark.parametrize("stated", [0.0, 1.0, -0.5, 2.0, np.nan])
def test_certainty_and_nonsense_are_refused(stated: float) -> None:
    with pytest.raises(Incorrect):
        implies.odds_ratio(0.5, 0.5, stated)
