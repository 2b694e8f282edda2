"""Reasons that no sentence names are left out, and the sentence stays the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.world import START

from beliefgraph.model.belief import ANYONE, ANYWHERE, Belief, BeliefState
from beliefgraph.services.explanation.reasons import _named
from beliefgraph.services.explanation.sentence import SourceContribution, sentence

BELIEFS = [
    Belief.trusted(
        id=str(n), twin="t", attribute=f"a.x{n}", subject=ANYONE, context=ANYWHERE, domain="a",
        statement=f"is x{n}", value=None,
    )
    for n in range(5)
]  # fmt: skip

KINDS = st.lists(
    st.tuples(
        st.integers(0, len(BELIEFS) - 1),
        st.integers(1, 3),
        st.floats(-2, 2) | st.sampled_from([0.0, 0.05, -0.05]),
        st.sampled_from(["ada", "ben", "cy"]),
    ),
    min_size=1,
    max_size=40,
)


@given(KINDS, st.floats(-3, 3))
def test_the_sentence_is_that_of_all_reasons(kinds: list[tuple[int, int, float, str]], move: float) -> None:
    on, number, total, _ = (np.array(column) for column in zip(*kinds, strict=True))
    every = [
        SourceContribution("saw it" if pieces == 1 else None, source, pieces, BELIEFS[belief], False, share)
        for belief, pieces, share, source in kinds
    ]
    kept = _named(on, number, total)
    state = BeliefState(
        belief=BELIEFS[0], prior=0.5, log_odds=move, status="forming", quality="exact", valid_time=START, rev=1
    )
    some = [each for each, named in zip(every, kept, strict=True) if named]
    assert sentence(state, 0.0, some) == sentence(state, 0.0, every)


def test_most_of_many_reasons_are_left_out() -> None:
    many = np.arange(5).repeat(40)
    kept = _named(many, np.full(200, 7), np.tile(np.array([0.2, -0.1]), 100) * (1 + many))
    assert kept.sum() == 120  # three beliefs, for and against
