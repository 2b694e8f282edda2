"""A Plackett table has the margins and the odds ratio it was asked for, in every cell and at every size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from beliefgraph.errors import Incorrect
from beliefgraph.inference.rules import plackett

probabilities = st.floats(1e-6, 1 - 1e-6)
log_odds_ratios = st.floats(-np.log(plackett.STRONGEST_ODDS_RATIO), np.log(plackett.STRONGEST_ODDS_RATIO))


@given(probabilities, probabilities, log_odds_ratios)
def test_the_table_has_its_margins_and_its_odds_ratio(first: float, second: float, log_ratio: float) -> None:
    joint = plackett.table(np.array(first), np.array(second), np.array(np.exp(log_ratio)))
    assert (joint > 0).all()
    np.testing.assert_allclose(joint.sum(axis=1), [1 - first, first], rtol=1e-9)
    np.testing.assert_allclose(joint.sum(axis=0), [1 - second, second], rtol=1e-9)
    cells = np.log(joint)
    assert cells[1, 1] + cells[0, 0] - cells[1, 0] - cells[0, 1] == pytest.approx(log_ratio, abs=1e-8)


def test_even_margins_give_the_root_of_the_odds_ratio() -> None:
    # With margins of ½ the table is symmetric: p11 / p10 = √ψ.
    joint = plackett.table(np.array(0.5), np.array(0.5), np.array(9.0))
    np.testing.assert_allclose(joint, [[3 / 8, 1 / 8], [1 / 8, 3 / 8]], rtol=1e-15)


def test_a_table_made_backwards_from_its_cells() -> None:
    joint = np.array([[0.4, 0.1], [0.2, 0.3]])
    ratio = 0.3 * 0.4 / (0.2 * 0.1)
    np.testing.assert_allclose(plackett.table(np.array(0.5), np.array(0.4), np.array(ratio)), joint, rtol=1e-14)


def test_an_odds_ratio_of_one_multiplies_nothing() -> None:
    assert np.abs(plackett.log_factor(np.array(0.3), np.array(0.9), np.array(1.0))).max() < 1e-15


@pytest.mark.parametrize("ratio", [0.0, -1.0, np.nan, np.inf, 1e7, 1e-7])
def test_what_is_no_odds_ratio_is_refused(ratio: float) -> None:
    with pytest.raises(Incorrect) as refusal:
        plackett.check_odds_ratio(ratio)
    assert refusal.value.code == "infeasible-statements"
