"""The project goals of Rust over four periods, as events: programme, roadmap, goal, section, task; and teams."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from beliefgraph.model.catalog import Catalog
from beliefgraph.model.event import Event

PERIODS = {
    "2024h2": datetime(2024, 7, 1, tzinfo=UTC),
    "2025h1": datetime(2025, 1, 1, tzinfo=UTC),
    "2025h2": datetime(2025, 7, 1, tzinfo=UTC),
    "2026": datetime(2026, 1, 1, tzinfo=UTC),
}
PROGRAMME = "programme"
STATUSES = {"Accepted": "active", "Proposed": "proposed", "Not accepted": "abandoned", "": "proposed"}

CATALOG = Catalog.model_validate(
    {
        "catalog": "rust",
        "version": "1.0.0",
        "events": [
            {
                "type": "planned",
                "summary": "is on the page of the period",
                "goals": [
                    {
                        "key": "data.key",
                        "title": "data.title",
                        "status": "data.status",
                        "priority": "data.priority",
                        "part_of": "data.part_of",
                        "depends_on": "data.depends_on",
                    }
                ],
            }
        ],
    }
)


@dataclass(frozen=True)
class Goal:
    """One goal of one period; `key` is that of its tracking issue where it has one, so that it goes on."""

    key: str
    row: dict[str, str]

    @property
    def roadmaps(self) -> list[str]:
        """The roadmaps and flagship themes that it belongs to."""
        named = [name.strip() for name in self.row["roadmaps"].split(";")]
        theme = self.row["flagship"] if self.row["flagship"] != "Yes" else "Flagships"
        return list(dict.fromkeys(name for name in (*named, theme) if name))


@dataclass(frozen=True)
class Task:
    """One task: the section, or the task, that it is part of, and the teams whose decision it needs."""

    row: dict[str, str]

    @property
    def key(self) -> str:
        return self.row["task_id"]

    @property
    def section(self) -> str:
        return f"{self.row['goal_id']}/{self.row['section']}"[:200]

    @property
    def whole(self) -> str:
        return self.row["parent_task"] or self.section

    @property
    def done(self) -> bool:
        return self.row["done"] == "1"

    @property
    def teams(self) -> list[str]:
        return sorted({name.strip() for name in self.row["teams"].split(",") if name.strip()})

    def ask(self, team: str) -> str:
        """The decision of a team that the task needs."""
        return f"{self.row['goal_id']}?{team}"


class RustGoals:
    """The data, and the events that tell it."""

    def __init__(self, folder: Path) -> None:
        self.tasks = [Task(row) for row in _rows(folder / "tasks.csv")]
        self.goals = [Goal(_key(row), row) for row in _rows(folder / "goals.csv")]
        self.key = {goal.row["goal_id"]: goal.key for goal in self.goals}

    def events(self, twin: str) -> Iterator[Event]:
        """Every goal once for each period it is in, every section and task, in the order of the periods."""
        first = min(PERIODS.values())
        roadmaps = dict.fromkeys(name for goal in self.goals for name in goal.roadmaps)
        yield _event(twin, first, PROGRAMME, "The Rust programme")
        for name in roadmaps:
            yield _event(twin, first, f"roadmap/{name}", name, priority=0.6, part_of=[PROGRAMME])
        for goal in self.goals:
            at = PERIODS[goal.row["period"]]
            yield _event(
                twin,
                at,
                goal.key,
                goal.row["title"] or goal.row["goal_id"],
                status=STATUSES[goal.row["status"]],
                priority=0.8 if goal.row["flagship"] else 0.5,
                part_of=[f"roadmap/{name}" for name in goal.roadmaps],
                id_=goal.row["goal_id"],
            )
        asked: set[str] = set()
        for task in self.tasks:
            goal_id = task.row["goal_id"]
            at = PERIODS[goal_id.split("/")[0]]
            if task.section not in asked:
                asked.add(task.section)
                yield _event(twin, at, task.section, task.row["section"][:300], part_of=[self.key[goal_id]])
            for team in task.teams:
                if task.ask(team) not in asked:
                    asked.add(task.ask(team))
                    yield _event(twin, at, task.ask(team), f"{team} decides")
            yield _event(
                twin,
                at,
                task.key,
                " ".join(task.row["task"].split())[:300],
                status="achieved" if task.done else "active",
                part_of=[task.whole],
                depends_on=[task.ask(team) for team in task.teams],
            )


def _event(
    twin: str,
    at: datetime,
    key: str,
    title: str,
    *,
    status: str | None = None,
    priority: float | None = None,
    part_of: list[str] | None = None,
    depends_on: list[str] | None = None,
    id_: str | None = None,
) -> Event:
    return Event(
        id=id_ or key,
        source="rust-project-goals",
        type="planned",
        time=at,
        twin=twin,
        data={
            "key": key,
            "title": title,
            "status": status,
            "priority": priority,
            "part_of": part_of or [],
            "depends_on": depends_on or [],
        },
    )


def _key(row: dict[str, str]) -> str:
    return f"issue/{row['tracking_issue']}" if row["tracking_issue"] else row["goal_id"]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
