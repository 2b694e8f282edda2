"""`beliefgraph evaluate changes` on a few twins."""

from __future__ import annotations

from beliefgraph.evaluate.switches import evaluate


def test_switches_are_found_and_tempering_pays() -> None:
    found = evaluate(twins=100)
    assert found.ok, [row for row in found.checks if not row.ok]
