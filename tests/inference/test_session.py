"""What a session says is what the full pass says, whatever it was told before."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.benchmarks.generators import evidence, hier
from tests.inference.strategies import questions, structures

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference import Budget, Relation, Structure, compile_model
from beliefgraph.inference.arrays import Floats


@settings(max_examples=60)
@given(questions(size=30.0), st.data())
def test_a_session_says_what_the_full_pass_says(question: tuple[Structure, Floats], data: st.DataObject) -> None:
    structure, lam = question
    model = compile_model(structure)
    session = model.session(lam)
    now = lam.copy()
    for _ in range(6):
        belief = data.draw(st.integers(0, len(lam) - 1))
        now[belief] = data.draw(st.one_of(st.just(0.0), st.floats(-30.0, 30.0)))
        session.set_evidence(belief, now[belief])
        expected = model.log_odds(now).log_odds
        if data.draw(st.booleans()):
            asked = data.draw(st.integers(0, len(lam) - 1))
            assert session.log_odds_of(asked) == expected[asked]
        if data.draw(st.booleans()):
            np.testing.assert_allclose(session.log_odds(), expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(session.log_odds(), model.log_odds(now).log_odds, rtol=0, atol=1e-12)


@pytest.mark.parametrize("edges", [935, 1100])
def test_twenty_thousand_changes_do_not_add_up(edges: int) -> None:
    model = compile_model(hier(seed=6, edges=edges))
    lam = evidence(850, 6)
    session = model.session(lam)
    rng = np.random.default_rng(6)
    for step in range(20_000):
        belief = int(rng.integers(850))
        lam[belief] = 0.0 if rng.random() < 0.3 else rng.normal(0.0, 2.0)
        session.set_evidence(belief, lam[belief])
        if step % 10 == 0:
            session.log_odds()
        if step % 2_000 == 1:
            asked = int(rng.integers(850))
            assert session.log_odds_of(asked) == model.log_odds(lam).log_odds[asked]
    np.testing.assert_allclose(session.log_odds(), model.log_odds(lam).log_odds, rtol=0, atol=1e-12)


def test_a_session_without_evidence_answers_the_stated_priors() -> None:
    model = compile_model(hier(n=300, edges=330, seed=7))
    session = model.session(np.zeros(300))
    assert (session.log_odds() == model.prior_log_odds).all()
    session.set_evidence(17, 2.0)
    assert session.log_odds_of(17) > model.prior_log_odds[17]
    session.set_evidence(17, 0.0)
    assert (session.log_odds() == model.prior_log_odds).all()
    assert session.log_odds_of(17) == model.prior_log_odds[17]


def test_digits_that_a_session_would_lose_are_kept_by_logarithms() -> None:
    size = 300
    structure = Structure([0.5] * (size + 1), [Relation("supports", 0, i, 400.0) for i in range(1, size + 1)])
    model = compile_model(structure)
    session, lam = model.session(np.zeros(size + 1)), np.zeros(size + 1)
    for belief in range(1, size + 1):
        lam[belief] = 30.0 if belief % 2 else -30.0
        session.set_evidence(belief, lam[belief])
        if belief % 50 == 0:
            assert session.log_odds_of(0) == pytest.approx(model.log_odds(lam).log_odds[0], abs=1e-9)
    np.testing.assert_allclose(session.log_odds(), model.log_odds(lam).log_odds, rtol=0, atol=1e-9)
    for belief in range(1, size + 1):
        session.set_evidence(belief, 0.1)
    np.testing.assert_allclose(
        session.log_odds(), model.log_odds(np.where(np.arange(size + 1), 0.1, 0.0)).log_odds, rtol=0, atol=1e-12
    )


def test_beliefs_apart_and_beliefs_without_an_answer_have_their_place() -> None:
    triangle = [Relation("supports", i, (i + 1) % 3, 2.0) for i in range(3)]
    model = compile_model(
        Structure([0.5] * 6, [*triangle, Relation("supports", 3, 4, 2.0)]), Budget(max_table_entries=4)
    )
    session = model.session(np.zeros(6))
    for belief in (0, 3, 5):
        session.set_evidence(belief, 1.0)
    assert (session.log_odds() == model.log_odds([1.0, 0, 0, 1.0, 0, 1.0]).log_odds).all()
    assert session.log_odds_of(5) == 1.0
    with pytest.raises(Unavailable) as refusal:
        session.log_odds_of(1)
    assert refusal.value.code == "too-wide"


@pytest.mark.parametrize(("belief", "value"), [(6, 1.0), (-1, 1.0), (0, np.nan), (0, 31.0)])
def test_what_cannot_be_evidence_is_refused(belief: int, value: float) -> None:
    session = compile_model(Structure([0.5] * 6)).session(np.zeros(6))
    with pytest.raises(Incorrect):
        session.set_evidence(belief, value)


@given(structures())
def test_one_set_of_evidence_at_a_time(structure: Structure) -> None:
    with pytest.raises(Incorrect):
        compile_model(structure).session(np.zeros((2, len(structure.priors))))
