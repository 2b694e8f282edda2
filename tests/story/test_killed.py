"""The service and Neo4j are killed at any moment. What was acknowledged is there; nothing is there by half."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

import pytest
from tests.conftest import StoppedClock
from tests.process import Plan, Present, batch, plan_for, processes
from tests.reading import derived, id_of, stored
from tests.world import CATALOG, World

from beliefgraph.local import Endpoint, LocalNeo4j
from beliefgraph.local.data_dir import DataDir
from beliefgraph.local.processes import has_ended
from beliefgraph.model.caller import Caller
from beliefgraph.services.derivation.grid import published
from beliefgraph.store.graph import Graph, connected
from beliefgraph.store.keys import Keyring
from beliefgraph.store.migrations import migrate

KILLS = 12
CALLER = Caller(actor="test", tenant="killed", scopes=("read", "write", "define", "erase"), purpose="testing")

LOOSE = """
MATCH (t:Twin {id: $twin})
RETURN
  COUNT { (:Commit {twin: $twin}) } = t.rev AS commits,
  COUNT { MATCH (e:Event {twin: $twin}) WHERE NOT EXISTS { (:Commit)-[:CAUSED_BY]->(e) } } AS events,
  COUNT { MATCH (v:Evidence {twin: $twin}) WHERE NOT EXISTS { (v)-[:FROM]->(:Event) } } AS unfounded,
  COUNT { MATCH (v:Evidence {twin: $twin}) WHERE NOT EXISTS { (v)-[:REPORTED_BY]->(:Source) } } AS unsaid,
  COUNT { MATCH (v:Evidence {twin: $twin}) WHERE NOT EXISTS { (v)-[:BEARS_ON]->(:Belief) } } AS idle
"""


async def is_whole(world: World, twin: str) -> int:
    """Check that the twin is what its commits say, every row of it; its rev."""
    state = await stored(world, twin)  # refuses to be read unless every row of the rev is there
    if state.rev == 0:
        return 0
    async with world.graph._driver.session() as session:
        record = await (await session.run(LOOSE, {"twin": id_of(world, twin)})).single(strict=True)
    assert record.data() == {"commits": True, "events": 0, "unfounded": 0, "unsaid": 0, "idle": 0}
    found = await derived(world, state)
    for id_, holding in state.holdings.items():
        at = found.layout.position[id_]
        exact = found.value(at)
        assert exact is not None
        assert holding.log_odds == published(exact)
        assert holding.status == found.status(at, holding.log_odds)
    for belief in {bearing.belief for bearing in state.bearings}:
        assert belief in state.holdings
    for rev in {1, max(1, state.rev // 2)}:
        assert (await stored(world, twin, rev)).rev == rev
    return state.rev


async def all_there(world: World, acknowledged: list[tuple[str, int, str, str]]) -> None:
    """Every event that was acknowledged is a duplicate now, and its commit is there."""
    for twin, rev, id_, status in acknowledged:
        assert status == "accepted", id_
        assert rev <= (await stored(world, twin)).rev


async def resent(world: World, plan: Plan, calls: int) -> list[str]:
    """What becomes of the plan's first events when they are sent once more."""
    events = [e for n in range(calls) for e in batch(plan, n)]
    return [r.status for r in await world.intake.observe(world.caller, events)]


async def test_a_service_killed_at_any_moment_leaves_no_twin_half_written(
    world: World, endpoint: Endpoint, tmp_path: Path, tenant: str
) -> None:
    chance = random.Random(7)
    for n in range(KILLS):
        twins = (f"a{n}", f"b{n}", f"c{n}")
        plan = plan_for(endpoint, tmp_path / "keys", tenant, f"p{n}").model_copy(
            update={"twins": twins, "together": 1 + n % 3}
        )
        with processes(plan) as (process,):
            await asyncio.sleep(chance.uniform(0.0, 0.4))
            process.kill()
            acknowledged = process.acknowledged()
        await all_there(world, acknowledged)
        for twin in twins:
            await is_whole(world, twin)
        calls = len(acknowledged) // plan.together
        again = await resent(world, plan, calls + 1)
        assert again[: len(acknowledged)] == ["duplicate"] * len(acknowledged)
        assert set(again[len(acknowledged) :]) in ({"accepted"}, {"duplicate"})  # the last call, whole or not at all
        for twin in twins:
            await is_whole(world, twin)


@pytest.fixture
def own_neo4j(tmp_path: Path) -> LocalNeo4j:
    """A Neo4j that can be killed without harm to anybody."""
    return LocalNeo4j(tmp_path / "own", bolt_port=0, http_port=0)


async def test_neo4j_killed_under_load_comes_back_with_every_acknowledged_commit_and_no_half_one(
    own_neo4j: LocalNeo4j, tmp_path: Path
) -> None:
    endpoint = own_neo4j.start()
    async with connected(endpoint.uri, endpoint.user, endpoint.password) as graph:
        await world_on(graph, tmp_path)
    plan = plan_for(endpoint, tmp_path / "keys", CALLER.tenant, "p").model_copy(update={"twins": ("a", "b")})
    with processes(plan) as (process,):
        await asyncio.to_thread(process.has_written, 12)
        kill_java(own_neo4j)
        process.kill()
        acknowledged = process.acknowledged()

    with own_neo4j as endpoint:
        async with connected(endpoint.uri, endpoint.user, endpoint.password) as graph:
            world = await world_on(graph, tmp_path)
            await all_there(world, acknowledged)
            for twin in plan.twins:
                await is_whole(world, twin)
            again = await resent(world, plan, len(acknowledged) + 1)
            assert again[:-1] == ["duplicate"] * len(acknowledged)
            for twin in plan.twins:
                await is_whole(world, twin)


def kill_java(server: LocalNeo4j) -> None:
    """Kill the server itself, with SIGKILL, and wait until it is gone."""
    state = DataDir(server.data_dir).run_state()
    assert state is not None
    assert state.java is not None
    os.kill(state.java.pid, signal.SIGKILL)
    assert has_ended(state.supervisor, 20.0)


async def world_on(graph: Graph, directory: Path) -> World:
    """The services on a Neo4j of the test's own."""
    await migrate(graph, StoppedClock())
    made = World(graph, Keyring(directory / "keys"), Present(), CALLER)
    await made.book.publish(CALLER, CATALOG)
    return made
