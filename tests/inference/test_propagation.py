"""Probabilities and logarithms give the same answers, and what is ruled out stays out."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from beliefgraph.errors import Incorrect
from beliefgraph.inference.elimination import Budget, min_fill, moral_graph
from beliefgraph.inference.junction_tree import junction_tree
from beliefgraph.inference.plan import Plan, plan
from beliefgraph.inference.propagation import log_marginals

SIZE = 12


def chain() -> Plan:
    order = min_fill(moral_graph(SIZE, list(pairwise(range(SIZE)))), Budget())
    assert order is not None
    return plan([junction_tree(order)], [2] * SIZE)


def test_a_column_that_underflows_is_answered_by_logarithms() -> None:
    made = chain()
    rng = np.random.default_rng(1)
    potential = np.log(rng.random((made.entries, 1)))
    leaves = np.zeros((made.leaves, 3))
    leaves[::2, 1] = -300.0
    leaves[::2, 2] = -0.1
    found = log_marginals(made, potential, leaves)
    alone = [log_marginals(made, potential, leaves[:, [column]])[:, 0] for column in range(3)]
    assert (found == np.stack(alone, axis=1)).all()
    # 300 nats more on every variable than the third column's .1, and no more than the couplings in between.
    odds = found[1::2] - found[::2]
    np.testing.assert_allclose(odds[:, 1] - 300.0, odds[:, 2] - 0.1, rtol=0, atol=30.0)
    assert np.isfinite(found).all()


def test_what_is_ruled_out_has_probability_zero_and_the_rest_is_conditioned() -> None:
    made = chain()
    potential = np.log(np.random.default_rng(2).random((made.entries, 1)))
    free = np.zeros((made.leaves, 1))
    clamped = free.copy()
    clamped[0] = -np.inf  # the first variable does not take its first state
    found = log_marginals(made, potential, clamped)
    assert found[0, 0] == -np.inf
    assert found[1, 0] == pytest.approx(0.0, abs=1e-12)
    nearly = free.copy()
    nearly[0] = -60.0
    np.testing.assert_allclose(found[2:], log_marginals(made, potential, nearly)[2:], rtol=0, atol=1e-12)


def test_when_nothing_is_left_it_is_impossible_evidence() -> None:
    made = chain()
    leaves = np.zeros((made.leaves, 1))
    leaves[:2] = -np.inf
    with pytest.raises(Incorrect) as refusal:
        log_marginals(made, np.zeros((made.entries, 1)), leaves)
    assert refusal.value.code == "impossible-evidence"
