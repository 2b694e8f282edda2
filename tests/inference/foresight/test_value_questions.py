"""Information gain of questions about values, against enumeration of every state and answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from tests.inference.oracle import Enumeration

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.foresight.information import bits
from beliefgraph.inference.foresight.value_questions import ValueQuestion, value_gains

STRUCTURE = Structure(
    np.array([0.3, 0.5, 0.2, 0.3, 0.7]),
    [Relation("supports", 0, 3, 4.0), Relation("contradicts", 2, 4, 0.2)],
    exclusive=[(0, 1, 2)],
)
"""Three values that exclude each other, and two beliefs that they bear on."""
EVIDENCE = np.array([0.5, 0.0, -1.0, 0.4, 0.3])
LIKELIHOOD = np.array([[0.7, 0.1, 0.2], [0.1, 0.6, 0.3], [0.2, 0.3, 0.5]])


def joint(evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every state, and its probability."""
    listed = Enumeration.of(STRUCTURE)
    weight = np.exp(listed.log_probability + listed.states @ evidence)
    return listed.states, weight / weight.sum()


@pytest.mark.parametrize("targets", [[0, 1, 2, 3, 4], [3], [4], [0]])
@pytest.mark.parametrize("evidence", [EVIDENCE, np.zeros(5), np.array([6.0, 0.0, 0.0, 0.0, 0.0])])
def test_the_gain_is_that_of_every_state_and_answer(targets: list[int], evidence: np.ndarray) -> None:
    model = compile_model(STRUCTURE)
    states, weight = joint(evidence)
    assert weight @ states == pytest.approx(expit(model.log_odds(evidence).log_odds), abs=1e-9)
    likely = np.where(states[:, None, :3] == 1, LIKELIHOOD, 0.0).sum(axis=2)  # of each answer in each state
    expected = 0.0
    for target in targets:
        holds = states[:, target] == 1
        expected += float(bits(weight[holds].sum()))
        for answer in range(3):
            with_answer = weight * likely[:, answer]
            expected -= float(with_answer.sum() * bits(with_answer[holds].sum() / with_answer.sum()))
    session = model.session(evidence)
    before = session.log_odds()
    (found,) = value_gains(session, evidence, [ValueQuestion(np.arange(3), LIKELIHOOD)], np.array(targets))
    assert found == pytest.approx(expected, abs=1e-8)
    assert session.log_odds() == pytest.approx(before, abs=1e-9)


def test_likelihoods_that_are_none_are_refused() -> None:
    for wrong in (LIKELIHOOD[:, :2], LIKELIHOOD * 0.9, LIKELIHOOD[:1]):
        with pytest.raises(Incorrect):
            ValueQuestion(np.arange(3), wrong)
