"""A plan knows where every entry lies; its shape is open to variables with more than two states."""

from __future__ import annotations

import numpy as np
from tests.inference.reference import log_marginals

from beliefgraph.inference.junction_tree import JunctionTree
from beliefgraph.inference.plan import plan, projection, table_entries
from beliefgraph.inference.propagation import Engine

TREE = JunctionTree(cliques=((0, 1), (1, 2), (1, 3)), shared=(0, 1, 1), parent=(-1, 0, 0), level=(0, 1, 1))
CARDS = (2, 3, 4, 2)


def test_a_projection_reads_the_states_of_some_axes() -> None:
    states = np.array(np.unravel_index(np.arange(24), (2, 3, 4)))
    assert (projection((2, 3, 4), (1,)) == states[1]).all()
    assert (projection((2, 3, 4), (2, 0)) == states[2] * 2 + states[0]).all()
    assert (projection((2, 3, 4), ()) == 0).all()
    assert (projection((2,) * 10, (9, 0)) == np.arange(1024) % 2 * 2 + np.arange(1024) // 512).all()


def test_the_cost_is_known_before_the_plan_is_made() -> None:
    assert table_entries([TREE], CARDS) == 6 + 12 + 6
    assert plan([TREE], CARDS).entries == 24


def test_variables_with_any_number_of_states_pass_messages() -> None:
    made = plan([TREE], CARDS)
    rng = np.random.default_rng(0)
    tables = {clique.scope: rng.random(clique.cards) for clique in made.cliques}
    potential = np.log(np.concatenate([tables[clique.scope].ravel() for clique in made.cliques]))
    leaves = rng.random(made.leaves)
    observed = np.split(leaves, made.leaf_start[1:-1])
    joint = np.einsum("ab,bc,bd,a,b,c,d->abcd", *(tables[c] for c in ((0, 1), (1, 2), (1, 3))), *observed)
    joint /= joint.sum()
    found = np.exp(Engine.of(made, potential).log_marginals(leaves[None], np.ones((1, 4), dtype=np.uint8)))[0]
    for axes, marginal in zip("abcd", np.split(found, made.leaf_start[1:-1]), strict=True):
        np.testing.assert_allclose(marginal, np.einsum(f"abcd->{axes}", joint), rtol=1e-13)
    slow, joints = log_marginals(made, potential, np.log(leaves))
    np.testing.assert_allclose(np.exp(slow - np.logaddexp.reduce(slow[:2])), found, rtol=1e-13)
    for clique, letters in zip(made.cliques, ("ab", "bc", "bd"), strict=True):
        table = np.exp(joints[clique.start : clique.start + clique.size]).reshape(clique.cards)
        np.testing.assert_allclose(table / table.sum(), np.einsum(f"abcd->{letters}", joint), rtol=1e-13)


def test_a_factor_lives_in_the_smallest_clique_that_holds_it() -> None:
    made = plan([TREE], CARDS)
    assert made.home([1]).scope == (0, 1)
    assert made.home([3]).scope == (1, 3)
    assert made.home([2, 1]).scope == (1, 2)
