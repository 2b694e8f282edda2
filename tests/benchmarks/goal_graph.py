"""The goals that the benchmark of the layers runs on: 1,000 in five levels, with dependencies, rivals and motives."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event

GOALS = 1_000
LEVELS = (1, 9, 60, 230, 700)
"""Goals of each level, from the topmost down."""

SECOND_WHOLES = 150
DEPENDENCIES = 300
RIVALS = 40
MOTIVES = 50
SEED = 20260101
START = datetime(2026, 1, 1, tzinfo=UTC)

CATALOG = Catalog.model_validate(
    {
        "catalog": "layers",
        "version": "1.0.0",
        "attributes": [
            {"key": "goal.pursued", "domain": "goals", "prior": 0.8, "statement": "really pursues {subject}"},
            {"key": "needs.it", "domain": "needs", "prior": 0.4, "statement": "needs {subject}"},
        ],
        "goals": {"pursued": "goal.pursued"},
        "events": [
            {
                "type": "planned",
                "summary": "planned it",
                "goals": [
                    {
                        "key": "data.goal",
                        "title": "data.title",
                        "priority": "data.priority",
                        "deadline": "data.deadline",
                        "part_of": "data.part_of",
                        "depends_on": "data.depends_on",
                        "competes_with": "data.competes_with",
                    },
                    {
                        "key": "data.goal",
                        "when": "data.motivated",
                        "motivated_by": [{"attribute": "needs.it", "subject": "data.goal", "weight": 0.5}],
                    },
                ],
            }
        ],
    }
)


def tasks() -> list[str]:
    """The goals of the last level: those that are achieved one by one."""
    return [name(i) for i in range(GOALS - LEVELS[-1], GOALS)]


def name(goal: int) -> str:
    """A goal by its number."""
    return f"goal-{goal:04d}"


def founding(twin: str) -> Iterator[Event]:
    """One event for every goal of a twin. Wholes and what is needed have lower numbers, so there is no circle."""
    rng = np.random.default_rng(SEED)
    first = np.cumsum([0, *LEVELS])
    wholes: list[set[int]] = [set() for _ in range(GOALS)]
    for level in range(1, len(LEVELS)):
        for goal in range(first[level], first[level + 1]):
            wholes[goal].add(int(rng.integers(first[level - 1], first[level])))
    for goal in rng.choice(np.arange(first[-2], GOALS), SECOND_WHOLES, replace=False).tolist():
        wholes[goal].add(int(rng.integers(first[-3], first[-2])))
    needs = _pairs(rng, int(first[-2]), DEPENDENCIES)
    rivals = _pairs(rng, int(first[-3]), RIVALS)
    motivated = set(rng.choice(GOALS, MOTIVES, replace=False).tolist())
    for goal in range(GOALS):
        important = rng.random() < 0.3
        yield Event(
            id=name(goal),
            source="bench",
            type="planned",
            time=START + timedelta(minutes=goal),
            twin=twin,
            data={
                "goal": name(goal),
                "title": f"Goal number {goal}",
                "priority": round(float(rng.uniform(0.1, 0.9)), 2) if important or goal == 0 else None,
                "deadline": (START + timedelta(days=int(rng.integers(5, 90)))).isoformat() if important else None,
                "part_of": [name(w) for w in sorted(wholes[goal])],
                "depends_on": [name(n) for n in sorted(needs.get(goal, ()))],
                "competes_with": [name(r) for r in sorted(rivals.get(goal, ()))],
                "motivated": goal in motivated,
            },
        )


def _pairs(rng: np.random.Generator, first: int, number: int) -> dict[int, set[int]]:
    """So many pairs of goals from a number on, each by the larger, with the smaller ones of its pairs."""
    found: dict[int, set[int]] = {}
    for _ in range(number):
        low, high = sorted(rng.choice(np.arange(first, GOALS), 2, replace=False).tolist())
        found.setdefault(high, set()).add(low)
    return found
