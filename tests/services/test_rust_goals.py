"""Real goals through the service: the project goals of Rust, four periods of them, whose structure is what counts."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cached_property
from pathlib import Path
from uuid import uuid4

import pytest
import pytest_asyncio
from tests.conftest import StoppedClock
from tests.services.rust_goals import CATALOG, PERIODS, PROGRAMME, RustGoals, Task
from tests.world import World

from beliefgraph.model.caller import Caller
from beliefgraph.model.command import SetGoal
from beliefgraph.model.goal import GoalState
from beliefgraph.model.identity import twin_id
from beliefgraph.model.time import AsOf
from beliefgraph.services.commits.recheck import recheck
from beliefgraph.services.questions.goals import Goals
from beliefgraph.services.twin.load import read_state
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

TWIN = "rust"


class Stated:
    """The goals of Rust in a tenant of their own, and what the tables say of them."""

    def __init__(self, world: World, data: RustGoals) -> None:
        self.world = world
        self.data = data
        self.goals = Goals(world.graph, world.book)

    async def standing(self, as_of: AsOf | None = None) -> dict[str, GoalState]:
        """How every goal stands, by its key."""
        found: dict[str, GoalState] = {}
        after: str | None = None
        while True:
            page = await self.goals.goals(self.world.caller, TWIN, first=200, after=after, as_of=as_of or AsOf())
            found |= {row.state.goal.key: row.state for row in page.nodes}
            if not page.has_next:
                return found
            after = page.items[-1].cursor

    @cached_property
    def parents(self) -> dict[str, set[str]]:
        """What every goal is part of, straight from the tables."""
        found: dict[str, set[str]] = defaultdict(set)
        for goal in self.data.goals:
            for name in goal.roadmaps:
                found[goal.key].add(f"roadmap/{name}")
                found[f"roadmap/{name}"].add(PROGRAMME)
        for task in self.data.tasks:
            found[task.key].add(task.whole)
            found[task.section].add(self.data.key[task.row["goal_id"]])
        return found

    def wholes(self, key: str) -> set[str]:
        """Everything that a goal is part of, however far up."""
        above = self.parents.get(key, set())
        return above | {each for parent in above for each in self.wholes(parent)}

    def leaves(self, key: str, dropped: set[str]) -> set[str]:
        """The leaves below a goal, abandoned ones left out; itself where it has no parts."""
        parts = [part for part, wholes in self.parents.items() if key in wholes and part not in dropped]
        return {leaf for part in parts for leaf in self.leaves(part, dropped)} if parts else {key}


@pytest_asyncio.fixture(scope="module")
async def stated(graph: Graph, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Stated:
    folder = shared_data / "rust_goals"
    if not folder.is_dir():
        pytest.skip("the data set rust_goals is not beside the project")
    caller = Caller(
        actor="test", tenant=f"rust-{uuid4().hex[:8]}", scopes=("read", "write", "define", "erase"), purpose="testing"
    )
    world = World(graph, Keyring(tmp_path_factory.mktemp("keys")), StoppedClock(), caller)
    await world.book.publish(caller, CATALOG)
    data = RustGoals(folder)
    receipts = await world.intake.observe(caller, list(data.events(TWIN)))
    assert Counter(receipt.status for receipt in receipts) == {"accepted": len(receipts)}
    return Stated(world, data)


async def test_progress_is_the_share_of_the_leaf_tasks_done_and_two_roadmaps_count_no_goal_twice(
    stated: Stated,
) -> None:
    found = await stated.standing()
    dropped = {key for key, state in found.items() if state.status == "abandoned"}
    done = {task.key for task in stated.data.tasks if task.done}
    assert len(done) == 34
    twice = [goal.key for goal in stated.data.goals if len(goal.roadmaps) > 1]
    assert len(twice) >= 9
    wholes = [PROGRAMME, *{w for key in twice for w in stated.parents[key]}, *{goal.key for goal in stated.data.goals}]
    for key in wholes:
        leaves = stated.leaves(key, dropped)
        assert found[key].progress == pytest.approx(len(leaves & done) / len(leaves)), key
    assert found[PROGRAMME].progress > 0


async def test_what_waits_for_teams_says_for_which(stated: Stated) -> None:
    waiting = [task for task in stated.data.tasks if task.teams and not task.done]
    found = await stated.standing()
    assert {found[task.key].status for task in waiting} == {"blocked"}
    assert sum(state.status == "blocked" for state in found.values()) == len(waiting)
    task = next(task for task in waiting if len(task.teams) == 2)
    row = await stated.goals.goal(stated.world.caller, TWIN, task.key, explained=True)
    assert row.explanation is not None
    assert sorted(state.title for state in row.explanation.blocked_by) == [f"{team} decides" for team in task.teams]


async def test_a_goal_that_is_carried_on_is_one_goal_in_all_its_periods(stated: Stated) -> None:
    state = await read_state(stated.world.graph, twin_id(stated.world.caller.tenant, TWIN), "rust", TWIN)
    periods = defaultdict(set)
    for statement in state.statements:
        key = state.goals[statement.goal].key
        if key.startswith("issue/"):
            periods[key].add(statement.valid_from)
    assert {n: c for n, c in Counter(len(p) for p in periods.values()).items() if n > 1} == {2: 18, 3: 10, 4: 8}
    carried = next(goal for goal in stated.data.goals if len(periods.get(goal.key, ())) == 4)
    for goal in stated.data.goals:
        if goal.key == carried.key:
            then = AsOf(valid_time=PERIODS[goal.row["period"]])
            seen = await stated.goals.goal(stated.world.caller, TWIN, goal.key, as_of=then)
            assert seen.state.title == (goal.row["title"] or goal.row["goal_id"])


async def test_finishing_a_task_moves_its_neighbours_and_nothing_unrelated(stated: Stated) -> None:
    """It moves what it is part of (progress), and the decisions it no longer asks for; nobody else's numbers change."""
    before = await stated.standing()
    for task in _typical(stated):
        receipt = await stated.world.commands.set_goal(
            stated.world.caller, SetGoal(twin=TWIN, goal=task.key, status="achieved")
        )
        moved = {change.goal.key for change in receipt.goals}
        wholes = {key for key in stated.wholes(task.key) if before[key].status != "achieved"}
        asks = {task.ask(team) for team in task.teams}
        assert {task.key, *wholes} <= moved <= {task.key, *wholes, *asks}
        after = await stated.standing()
        assert {key for key in after if after[key].changed_at_rev == receipt.rev} == moved
        assert all(state.reason for key, state in after.items() if key in moved)


def _typical(stated: Stated) -> list[Task]:
    """An open task without teams below a roadmap, and one that waits for a team."""
    open_ = [task for task in stated.data.tasks if not task.done and "roadmap/" in str(stated.wholes(task.key))]
    return [next(task for task in open_ if not task.teams), next(task for task in open_ if task.teams)]


async def test_what_was_published_of_them_is_what_their_rows_give(stated: Stated) -> None:
    (checked,) = [one async for one in recheck(stated.world.graph, stated.world.book, stated.world.caller.tenant)]
    assert checked.published["goals"] > 1_500
    assert checked.differ == 0
