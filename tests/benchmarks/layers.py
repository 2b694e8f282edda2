"""What the layers on top of beliefs cost, as ratios in the same run: goals to raw Bolt, metrics to plain evidence,
trajectories and outcomes to none.

python tests/benchmarks/layers.py [--json] [--only goals metrics foreseen foresight] [--events 100000]

Runs on the Neo4j that NEO4J_URI names, else on one of its own. Raw Bolt writes the very rows that the service writes,
with the service's own Cypher, to another twin of the same goals.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).parents[2]))

from neo4j import AsyncDriver, AsyncManagedTransaction
from tests.benchmarks import goal_graph, windowed
from tests.benchmarks.foreseen import foreseen
from tests.benchmarks.foresight import foresight
from tests.benchmarks.report import Row, median, show
from tests.benchmarks.served import raw_driver, served

from beliefgraph.app import Services, running
from beliefgraph.model.caller import Caller
from beliefgraph.model.command import SetGoal
from beliefgraph.model.event import Event
from beliefgraph.model.identity import twin_id
from beliefgraph.services.commands.writer import with_hashes
from beliefgraph.services.commits.advance import PlannedCommit, advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.goals.decide import setting_goal
from beliefgraph.services.goals.derive import derive_goals
from beliefgraph.services.layer.context import CommandContext
from beliefgraph.services.twin.load import read_state
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import commits
from beliefgraph.store.queries import given, query

LAYERS = ("goals", "metrics", "foreseen", "foresight")
ROUNDS = 60
WARM = 10


async def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--json", action="store_true", help="print rows {item, value, must, stretch, ok}")
    arguments.add_argument("--only", nargs="*", choices=LAYERS, help="one layer alone")
    arguments.add_argument("--events", type=int, default=windowed.EVENTS, help="events of the metrics' run")
    given = arguments.parse_args()
    asked = given.only or LAYERS
    rows = foresight() if "foresight" in asked else []
    if asked != ["foresight"]:
        rows += await stored(asked, given.events)
    show("Layers", rows, given.json)
    if any(row.ok is False for row in rows):
        raise SystemExit(1)


async def stored(asked: Sequence[str], events: int) -> list[Row]:
    """The rows of the layers that are kept in Neo4j."""
    with served() as (endpoint, settings, _):
        async with (
            running(settings) as services,
            raw_driver(endpoint) as driver,
        ):
            rows = await goals(services, driver) if "goals" in asked else []
            rows += await windowed.windowed(services, events) if "metrics" in asked else []
            rows += await foreseen(services) if "foreseen" in asked else []
    return rows


async def goals(services: Services, driver: AsyncDriver) -> list[Row]:
    """One goal after the other is achieved: by the service in one twin, by raw writes in another like it."""
    caller = Caller(
        actor="bench", tenant=f"bench-{uuid4().hex[:8]}", scopes=("read", "write", "define"), purpose="benchmark"
    )
    await services.book.publish(caller, goal_graph.CATALOG)
    for twin in ("served", "raw"):
        receipts = await services.intake.observe(caller, list(goal_graph.founding(twin)))
        assert {receipt.status for receipt in receipts} == {"accepted"}
    raw = RawWriter(services, driver, caller)
    await raw.load()
    served_s, raw_s, decided_s, revisions = [], [], [], []
    for index, task in enumerate(goal_graph.tasks()[: WARM + ROUNDS]):
        begun = time.perf_counter()
        receipt = await services.commands.set_goal(caller, achieved("served", task))
        took = time.perf_counter() - begun
        written, decided, step = await raw.achieve(task)
        assert 0 < len(receipt.goals) == len(step.changes["goals"])
        if index >= WARM:
            served_s.append(took)
            raw_s.append(written)
            decided_s.append(decided)
            revisions.append(len(step.commit.delta.opened))
    derived_s = await asyncio.to_thread(deriving, raw.state, raw.graph)
    listed_s = []
    for _ in range(ROUNDS // 3):
        begun = time.perf_counter()
        await services.goals.goals(caller, "served", first=50)
        listed_s.append(time.perf_counter() - begun)
    return [
        Row("goals: one achieved, p50", median(served_s) * 1e3, "ms"),
        Row("goals: rows that it opens, median", median(revisions), "rows"),
        Row("goals: raw write of these rows, p50", median(raw_s) * 1e3, "ms"),
        Row("goals: of it deciding and deriving, p50", median(decided_s) * 1e3, "ms"),
        Row("goals: one achieved against the raw write", median(served_s) / median(raw_s), "×", 4.0, 2.0),
        Row("goals: progress and motivation of all derived", derived_s * 1e3, "ms"),
        Row("goals: the first 50 listed, p50", median(listed_s) * 1e3, "ms"),
    ]


def achieved(twin: str, goal: str) -> SetGoal:
    """The command that says a goal is achieved."""
    return SetGoal(twin=twin, goal=goal, status="achieved")


def deriving(state: TwinState, graph: DefinitionGraph) -> float:
    """Seconds in which all goals of a twin are derived, its beliefs being known."""
    assert state.head_time is not None
    derived, times = derive(state, graph, state.head_time), []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        derive_goals(state, graph, derived, state.head_time)
        times.append(time.perf_counter() - begun)
    return median(times)


class RawWriter:
    """Writes what the service would write of an achieved goal, with raw statements in one transaction."""

    state: TwinState
    graph: DefinitionGraph

    def __init__(self, services: Services, driver: AsyncDriver, caller: Caller) -> None:
        self._services = services
        self._driver = driver
        self._caller = caller

    async def load(self) -> None:
        """Read the twin, once."""
        tenant = self._caller.tenant
        self.state = await read_state(self._services.graph, twin_id(tenant, "raw"), tenant, "raw")
        self.graph = await self._services.book.latest(tenant)

    async def achieve(self, goal: str) -> tuple[float, float, PlannedCommit]:
        """Seconds that writing took, seconds that deciding what to write took, and what was written."""
        updater = self._services.intake._updater
        command = achieved("raw", goal)
        named = updater.name(self._caller, "raw", "write")
        now = datetime.now(UTC)
        body = command.model_dump(mode="json")
        event = Event(id=f"achieve {goal}", source="bench", type="achieved", time=now, data=body)
        arrived = with_hashes(updater.keyring.digester(self._caller.tenant), named, event, body)
        begun = time.perf_counter()
        added = setting_goal(CommandContext(self.state, self.graph, self._caller, arrived), command)
        step = advance(self.state, self.graph, added, self._caller, now)
        decided = time.perf_counter() - begun
        statements = commits.statements(updater.keyring, [step.commit])

        async def work(tx: AsyncManagedTransaction) -> None:
            for name, parameters in statements:
                await (await tx.run(query(name), given(parameters))).consume()

        begun = time.perf_counter()
        async with self._driver.session(database="neo4j") as session:
            await session.execute_write(work)
        took = time.perf_counter() - begun
        self.state = step.state
        return took, decided, step


if __name__ == "__main__":
    asyncio.run(main())
