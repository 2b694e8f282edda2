"""The worked example of the page on goals is what the arithmetic gives."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from beliefgraph.inference.goals import GoalGraph, Motivations, blocked, force, motivate, progress

PAGE = (Path(__file__).parents[2] / "docs" / "goals.md").read_text(encoding="utf-8")
GOALS = ["grow", "hire", "onboard"]


def tables() -> list[dict[str, tuple[float, float]]]:
    """Importance and motivation of every goal, from the two tables of the example."""
    example = PAGE[PAGE.index("### Worked example") : PAGE.index("## On a terminal")]
    found: list[dict[str, tuple[float, float]]] = []
    for row in re.findall(r"^\| (\w+) \|(.*)\|$", example, re.MULTILINE):
        name, cells = row[0], row[1].split(" | ")
        if name == "goal":
            found.append({})
        else:
            importance, motivation = (_result(cell) for cell in cells[-2:])
            found[-1][name] = importance, motivation
    return found


def _result(cell: str) -> float:
    """The number at the end of a sum, or at the start of a remark."""
    return float(cell.split("=")[-1].split(":")[0].strip())


def derived(achieved: list[bool]) -> Motivations:
    """The example: hiring and onboarding are part of growing, onboarding depends on hiring."""
    one = np.ones
    none = np.zeros(0, dtype=np.int64)
    graph = GoalGraph(
        3, np.array([0, 0]), np.array([1, 2]), one(2), np.array([2]), np.array([1]), one(1), none, none, one(0)
    )
    done = np.array(achieved)
    never = np.zeros(3, dtype=np.bool_)
    return motivate(
        graph,
        own=force(np.array([0.8, 0.0, 0.0])),
        is_open=~done,
        blocked=blocked(graph, ~done, never, done),
        pursued=one(3),
        urgency=np.zeros(3),
        remaining=1 - progress(graph, np.zeros(3), done, never),
    )


def test_both_tables_are_what_is_derived() -> None:
    before, after = tables()
    for told, found in ((before, derived([False] * 3)), (after, derived([False, True, False]))):
        assert list(told) == GOALS
        assert [told[name][0] for name in GOALS] == pytest.approx(found.importance.tolist(), abs=1e-9)
        assert [told[name][1] for name in GOALS] == pytest.approx(found.motivation.tolist(), abs=1e-9)
