"""`beliefgraph evaluate questions` on a few twins."""

from __future__ import annotations

from beliefgraph.evaluate.questions import evaluate


def test_chosen_questions_tell_more_than_random_ones() -> None:
    found = evaluate(twins=100)
    assert found.ok, [row for row in found.checks if not row.ok]
