"""Who brought an effect about: held to every state of the causes and of their triggers, listed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.inference.oracle import pulled
from tests.inference.strategies import evidence_for, rivals

from beliefgraph.errors import Incorrect, Unavailable
from beliefgraph.inference import Budget, Relation, Structure, compile_model

ALARM = Structure([0.1, 0.2, 0.4], [Relation("causes", 0, 2, 0.9), Relation("causes", 1, 2, 0.5)], noisy_or=[2])
"""A burglar and a storm, each of which may set off an alarm."""


@settings(max_examples=80)
@given(rivals(), st.data())
def test_it_is_what_the_listed_triggers_say(structure: Structure, data: st.DataObject) -> None:
    evidence = data.draw(evidence_for(structure))
    model = compile_model(structure)
    for effect in structure.noisy_or:
        found = model.responsibility(effect, evidence)
        assert found is not None
        brought, alone = pulled(structure, effect, evidence)
        np.testing.assert_allclose(found.brought, brought, rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.alone, alone, rtol=0, atol=1e-9)


@settings(max_examples=40)
@given(rivals(), st.data())
def test_somebody_did_it_and_nobody_did_more_than_hold(structure: Structure, data: st.DataObject) -> None:
    evidence = data.draw(evidence_for(structure))
    model, effect = compile_model(structure), structure.noisy_or[-1]
    found = model.responsibility(effect, evidence)
    assert found is not None
    holds = 1 / (1 + np.exp(-model.log_odds(evidence, assume={effect: True}).log_odds))
    assert (found.alone <= found.brought + 1e-12).all()
    assert (found.brought[:-1] <= holds[list(found.causes)] + 1e-12).all()
    assert found.alone.sum() <= 1 + 1e-12
    assert found.brought.sum() >= 1 - 1e-12


def test_by_hand() -> None:
    # (1 − leak)·.91·.90 = .6. Without evidence each state of the two has its prior, and the alarm is .4 likely:
    # the burglar pulls his trigger in .1·.9 of all cases, and alone where neither storm nor leak does.
    kept = 0.6 / (0.91 * 0.90)
    found = compile_model(ALARM).responsibility(2, np.zeros(3))
    assert found is not None
    assert found.brought == pytest.approx(np.array([0.09, 0.10, 1 - kept]) / 0.4, abs=1e-9)
    alone = [0.09 * 0.90 * kept, 0.91 * 0.10 * kept, 0.91 * 0.90 * (1 - kept)]
    assert found.alone == pytest.approx(np.array(alone) / 0.4, abs=1e-9)


def test_evidence_for_one_cause_takes_from_its_rivals() -> None:
    model = compile_model(ALARM)
    before, after = model.responsibility(2, np.zeros(3)), model.responsibility(2, [0.0, 3.0, 0.0])
    assert before is not None
    assert after is not None
    assert after.brought[1] > before.brought[1]
    assert after.brought[0] < before.brought[0]
    assert after.brought[2] < before.brought[2]


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0.05, 0.5), st.floats(0.1, 0.9)), min_size=2, max_size=8),
    st.floats(0.1, 6.0),
    st.floats(0.1, 6.0),
)
def test_evidence_for_one_cause_never_raises_a_rival(
    causes: list[tuple[float, float]], more: float, seen: float
) -> None:
    kept = float(np.prod([1 - prior * does for prior, does in causes]))
    effect = len(causes)
    structure = Structure(
        [*(prior for prior, _ in causes), 1 - 0.9 * kept],
        [Relation("causes", cause, effect, does) for cause, (_, does) in enumerate(causes)],
        noisy_or=[effect],
    )
    model = compile_model(structure)
    before, after = np.zeros(effect + 1), np.zeros(effect + 1)
    before[effect] = after[effect] = seen
    after[0] = more
    moved = model.log_odds(after).log_odds - model.log_odds(before).log_odds
    assert moved[0] > 0
    assert (moved[1:effect] <= 1e-9).all()
    first, then = model.responsibility(effect, before), model.responsibility(effect, after)
    assert first is not None
    assert then is not None
    assert then.brought[0] >= first.brought[0] - 1e-12
    assert (then.brought[1:] <= first.brought[1:] + 1e-12).all()


def test_values_of_one_variable_never_do_it_together() -> None:
    structure = Structure(
        [0.5, 0.3, 0.2, 0.4], [Relation("causes", 0, 3, 0.6), Relation("causes", 1, 3, 0.2)], [(0, 1, 2)], [3]
    )
    found = compile_model(structure).responsibility(3, np.zeros(4))
    assert found is not None
    leak = 1 - 0.6 / 0.64  # exclusive causes: P(not) = (1 − leak)·(1 − .5·.6 − .3·.2)
    assert found.brought == pytest.approx(np.array([0.30, 0.06, leak]) / 0.4, abs=1e-9)
    assert found.alone[:2] == pytest.approx(found.brought[:2] * (1 - leak), abs=1e-9)


def test_a_part_that_is_approximated_answers_near_the_truth() -> None:
    """Ten beliefs that all support each other a little, three of them rival causes: too wide for a tree of width 3."""
    n, odds_ratio = 10, 1.15
    relations = [Relation("supports", i, j, odds_ratio) for i in range(n) for j in range(i + 1, n)]
    relations += [Relation("causes", cause, n, 0.4) for cause in range(3)]
    structure = Structure([0.3] * n + [0.45], relations, noisy_or=[n])
    evidence = np.zeros(n + 1)
    evidence[[0, n]] = 1.0, 3.0
    exact = compile_model(structure).responsibility(n, evidence)
    edge_deleted = compile_model(structure, Budget(max_width=2, approximate_width=4)).responsibility(n, evidence)
    assert exact is not None
    assert edge_deleted is not None
    np.testing.assert_allclose(edge_deleted.brought, exact.brought, atol=0.01)
    np.testing.assert_allclose(edge_deleted.alone, exact.alone, atol=0.01)


def test_there_is_none_where_causes_add_up_or_there_are_none() -> None:
    logistic = Structure([0.1, 0.2, 0.4], [Relation("causes", 0, 2, 9.0), Relation("causes", 1, 2, 3.0)])
    assert compile_model(logistic).responsibility(2, np.zeros(3)) is None
    assert compile_model(ALARM).responsibility(0, np.zeros(3)) is None
    assert compile_model(Structure([0.3], [])).responsibility(0, [1.0]) is None


def test_a_part_that_has_no_answer_has_none_to_this() -> None:
    with pytest.raises(Unavailable) as refused:
        compile_model(ALARM, Budget(max_table_entries=4)).responsibility(2, np.zeros(3))
    assert refused.value.code == "too-wide"


def test_what_cannot_be_asked_is_refused() -> None:
    model = compile_model(ALARM)
    for effect, evidence in ((3, np.zeros(3)), (2, np.zeros((1, 3))), (2, np.zeros(2))):
        with pytest.raises(Incorrect) as refused:
            model.responsibility(effect, evidence)
        assert refused.value.code == "invalid-input"
