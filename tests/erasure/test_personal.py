"""Personal attributes: what they are about is sealed in the store, and answered as everything else is."""

from __future__ import annotations

from typing import Any

import pytest
from tests.archives.test_archives import archives_of, emptied, members
from tests.ownership.policies import Enforcing
from tests.places import CITY, FRIEND, HOME, PLACES
from tests.reading import id_of, stored
from tests.world import World, event

from beliefgraph.local import Endpoint
from beliefgraph.model.command import AssertBelief
from beliefgraph.model.question import BeliefFilter
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.copies.project import Copying, CopySource
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin.notifier import Notifier
from beliefgraph.store.copies import CopyStore
from beliefgraph.store.graph import connected
from beliefgraph.store.learning import twin_evidence

ALL = """
MATCH (n) WHERE n.twin = $twin OR n.id = $twin
OPTIONAL MATCH (n)-[r]->(m)
RETURN properties(n) AS n, collect(properties(r)) AS r, collect(properties(m)) AS m
"""


async def everything(world: World) -> str:
    """All that the store has of a twin, as text."""
    async with world.graph._driver.session() as session:
        return str([record.data() async for record in await session.run(ALL, {"twin": id_of(world)})])


async def with_history(world: World) -> None:
    await world.book.publish(world.caller, PLACES)
    await world.intake.observe(world.caller, [event("1", "moved", who=FRIEND, city=CITY), event("2")])
    await world.commands.assert_belief(world.person("lena"), AssertBelief(twin="lena", belief=HOME, confidence=0.9))


async def test_what_a_personal_attribute_is_about_is_nowhere_in_the_store(world: World) -> None:
    await with_history(world)
    held = await everything(world)
    assert "has a budget" in held  # of another attribute
    for text in (CITY, FRIEND, "lives in"):
        assert text not in held, text


@pytest.mark.parametrize("warm", [True, False])
async def test_it_is_answered_as_everything_else_is(world: World, warm: bool) -> None:
    await with_history(world)
    here = world if warm else world.another()
    snapshots = Snapshots(here.graph, here.book, here.cache if warm else None)
    questions = Questions(here.graph, here.keyring, here.book, snapshots=snapshots)
    row = await questions.belief(world.caller, "lena", HOME)
    assert row.state.belief.statement == f"{FRIEND} lives in {CITY}"
    assert row.state.log_odds is not None
    page = await questions.beliefs(world.caller, "lena", BeliefFilter(subjects=(FRIEND,)))
    assert {each.state.belief.value for each in page.nodes} >= {CITY}
    by_id = await questions.evidence(world.caller, "lena", HOME)
    assert {each.evidence.summary for each in by_id.nodes} == {
        "moved",
        f"says they are 90% sure: {FRIEND} lives in {CITY}",
    }
    state = await stored(world)
    assert {belief.value for belief in state.beliefs.values() if belief.attribute == "places.home"} >= {CITY}
    changes = await Changes(here.graph, Notifier()).since(world.caller, "lena", 0)
    assert CITY in str(changes)
    (twin,) = [each async for each in twin_evidence(here.graph, world.caller.tenant, None)]
    assert HOME in twin.beliefs.values()


async def test_an_archive_has_it_in_the_clear_and_brings_it_back_sealed(world: World) -> None:
    await with_history(world)
    archives = archives_of(world)
    exported = await archives.export_tenant(world.caller)
    files = members(exported)
    assert CITY in files["rows/belief.ndjson"].decode()
    (summary,) = (text for name, text in files.items() if name.startswith("summary/"))
    assert CITY in summary.decode()
    again = await emptied(world)
    await archives.import_archive(world.caller, exported)
    assert await archives.export_tenant(world.caller) == exported
    assert CITY not in await everything(again)
    snapshots: Any = Snapshots(again.graph, again.book)
    row = await Questions(again.graph, again.keyring, again.book, snapshots=snapshots).belief(
        world.caller, "lena", HOME
    )
    assert row.state.belief.value == CITY


async def test_an_analysts_copy_has_pseudonyms_in_its_place(world: World, second: Endpoint) -> None:
    await with_history(world)
    serving = Enforcing(world)
    async with connected(second.uri, second.user, second.password) as other:
        async with other._driver.session() as session:
            await (await session.run("MATCH (n) CALL (n) { DETACH DELETE n } IN TRANSACTIONS")).consume()
        source = CopySource(world.graph, serving.snapshots, serving.sights)
        copy = Copying([source], world.book, world.keyring, world.clock, CopyStore(other), world.caller)
        await copy.begin()
        await copy.round()
        async with other._driver.session() as session:
            query = "MATCH (n {twin: $twin}) OPTIONAL MATCH (n)-[r]->() RETURN properties(n) AS n, properties(r) AS r"
            twin = copy._pseudonyms.id(id_of(world))
            held = str([record.data() async for record in await session.run(query, {"twin": twin})])
    assert "places.home" in held
    assert "text-" in held
    for text in (CITY, FRIEND, "lives in", "lena"):
        assert text not in held, text
