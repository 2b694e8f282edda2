"""Error bars of the second tier hold in dense parts of mixed sign, and extreme log-odds raise no warning."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.benchmarks.generators import clique, soft

from beliefgraph.inference import APPROXIMATE, Budget, compile_model
from beliefgraph.inference.edge_deleted import reach


@pytest.mark.parametrize("seed", [2, 3])
def test_bars_hold_in_a_clique_of_which_a_third_contradicts(seed: int) -> None:
    structure, lam = clique(16, seed, odds_ratios=(1.5, 2.0), contradicting=0.3), soft(16, seed)
    truth = compile_model(structure, Budget(max_width=16)).log_odds(lam).log_odds
    found = compile_model(structure, Budget(max_width=4)).log_odds(lam)
    relied = found.quality == APPROXIMATE
    assert relied.any()
    assert (np.abs(found.log_odds - truth) <= found.error)[relied].all()


def test_how_far_a_bar_reaches_is_found_for_the_largest_log_odds_without_a_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        far = reach(np.array([0.0, 2.0, -800.0, 1e6, np.inf]), np.array([0.1, 0.1, 900.0, 1.0, 0.0]))
    np.testing.assert_allclose(far[:2], [0.02498, 0.01094], atol=1e-4)
    assert far[2:].tolist() == [1.0, 0.0, 0.0]
