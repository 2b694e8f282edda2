"""Information gain against enumeration of every state and answer."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from tests.inference.oracle import Enumeration

from beliefgraph.errors import Incorrect
from beliefgraph.inference import Relation, Structure, compile_model
from beliefgraph.inference.foresight.information import Question, ask_next, bits, coverage, gains, yes_or_no

STRUCTURE = Structure(
    np.array([0.3, 0.6, 0.2, 0.5, 0.7]),
    [
        Relation("supports", 0, 1, 4.0),
        Relation("contradicts", 1, 2, 0.2),
        Relation("supports", 1, 3, 6.0),
    ],
)
"""The last belief stands alone."""
EVIDENCE = np.array([0.5, 0.0, -1.0, 0.0, 0.3])
QUESTIONS = (
    yes_or_no(1, 2.0, -1.0),
    Question(0, np.array([[0.2, 0.5], [0.3, 0.4], [0.5, 0.1]])),
    yes_or_no(4, 3.0, -3.0),
    yes_or_no(3, 1.0, -1.0, cost=0.01),
)


def enumerated(question: Question, targets: list[int]) -> float:
    """The gain by definition: the joint of every state and answer, and the entropy of each target before and after."""
    listed = Enumeration.of(STRUCTURE)
    joint = np.exp(listed.log_probability + listed.states @ EVIDENCE)
    joint /= joint.sum()
    with_answer = joint[:, None] * question.likelihood.T[listed.states[:, question.belief].astype(int)]
    total = 0.0
    for target in targets:
        holds = listed.states[:, target] == 1
        total += float(bits(joint[holds].sum()))
        for answer in range(len(question.likelihood)):
            column = with_answer[:, answer]
            total -= float(column.sum() * bits(column[holds].sum() / column.sum()))
    return total


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("targets", [[0, 1, 2, 3, 4], [2], [3, 4]])
def test_the_gain_is_that_of_every_state_and_answer(at: int, targets: list[int]) -> None:
    found = gains(compile_model(STRUCTURE), EVIDENCE, QUESTIONS, np.array(targets))
    assert found[at] == pytest.approx(enumerated(QUESTIONS[at], targets), abs=1e-9)


def test_answers_of_yes_or_no_have_the_stated_ratios() -> None:
    assert QUESTIONS[0].ratios == pytest.approx([2.0, -1.0])
    assert QUESTIONS[0].likelihood.sum(axis=0) == pytest.approx([1.0, 1.0])


def test_what_tells_most_for_its_cost_comes_first() -> None:
    model = compile_model(STRUCTURE)
    found = gains(model, EVIDENCE, QUESTIONS)
    assert found.argmax() != 3
    first, *rest = ask_next(model, EVIDENCE, QUESTIONS, 3)
    assert first[0] == 3
    assert first[1] == pytest.approx(found[3])
    assert len(rest) == 2


def test_a_question_about_what_is_certain_or_apart_tells_nothing() -> None:
    certain = np.array([0.0, 0.0, 0.0, 0.0, 30.0])
    assert gains(compile_model(STRUCTURE), certain, [QUESTIONS[2]])[0] == pytest.approx(0.0, abs=1e-9)
    assert gains(compile_model(STRUCTURE), EVIDENCE, [QUESTIONS[2]], np.array([0]))[0] == pytest.approx(0.0, abs=1e-12)


def test_coverage_is_how_many_bits_are_no_longer_open() -> None:
    found = coverage(np.array([0.0, 0.0, 2.0]), np.array([50.0, 0.0, 2.0]), ["work", "work", "home"])
    assert found["work"].asked == 2.0
    assert found["work"].known == pytest.approx(0.5)
    assert found["home"].known == 0.0
    assert found["home"].open == pytest.approx(float(bits(expit(np.array(2.0)))))


def test_bad_input_is_refused() -> None:
    with pytest.raises(Incorrect, match="Yes is evidence"):
        yes_or_no(0, -1.0, 1.0)
    with pytest.raises(Incorrect, match="sum to 1"):
        Question(0, np.array([[0.5, 0.5], [0.4, 0.5]]))
    with pytest.raises(Incorrect, match="positive cost"):
        yes_or_no(0, 1.0, -1.0, cost=0.0)
    with pytest.raises(Incorrect, match="at least one target"):
        gains(compile_model(STRUCTURE), EVIDENCE, QUESTIONS, np.array([9]))
    with pytest.raises(Incorrect, match="At least one question"):
        ask_next(compile_model(STRUCTURE), EVIDENCE, QUESTIONS, 0)
