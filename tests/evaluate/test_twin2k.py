"""`beliefgraph evaluate twin2k`: no answer of a study forecasts another of it, and what must be reached."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from beliefgraph.evaluate.data import Answers, read_answers
from beliefgraph.evaluate.twin2k import evaluate, forecasts


def small() -> Answers:
    """Two studies of two outcomes; within a study both are the same, across studies nothing is shared."""
    draw = np.random.default_rng(7)
    one, other = draw.normal(size=(2, 200))
    given = np.stack([one, one, other, other], axis=1)
    given[:30, 0] = np.nan
    return Answers(given, ("a", "a", "b", "b"), np.full(4, 6.0))


def test_answers_of_the_same_study_are_not_looked_at() -> None:
    answers = small()
    said = forecasts(answers).predicted
    asked = np.isfinite(answers.given)
    assert (np.isfinite(said) == asked).all()
    assert abs(np.corrcoef(answers.given[:, 2], said[:, 2])[0, 1]) < 0.3


def test_a_persons_own_answer_does_not_move_its_forecast() -> None:
    answers = small()
    changed = answers.given.copy()
    changed[50, 2] += 100.0
    moved = forecasts(Answers(changed, answers.studies, answers.range)).predicted
    assert moved[50, 2] == forecasts(answers).predicted[50, 2]


def test_what_must_be_reached_is_reached(shared_data: Path) -> None:
    found = evaluate(read_answers(shared_data))
    assert found.ok, [row for row in found.checks if not row.ok]
