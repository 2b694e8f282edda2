"""The same words of two people in one tenant: neither is found by way of the other."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import StoppedClock
from tests.ownership.policies import Enforcing, policy
from tests.places import CITY, FRIEND, PLACES
from tests.reading import id_of
from tests.world import START, World, event

from beliefgraph.services.received.questions import Received
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store.permissions import of_twins
from beliefgraph.store.personal import MARK

STORED = """
MATCH (n) WHERE n.twin IN $twins AND (n:Evidence OR n:Event OR n:Belief)
RETURN n.twin AS twin, [text IN [n.summary, n.statement, n.subject, n.value] WHERE text STARTS WITH $mark] AS texts,
       n.sealed AS sealed, n.id AS id
"""
TEXT = "we are moving in March"


async def test_the_same_text_in_two_twins_is_stored_and_answered_apart(world: World) -> None:
    await world.book.publish(world.caller, PLACES)
    for twin in ("lena", "omar"):
        spoken = event("said", "said", twin=twin, llr=1.0, by="ada", text=TEXT)
        await world.intake.observe(world.caller, [spoken, event("moved", "moved", twin=twin, who=FRIEND, city=CITY)])
    twins = [id_of(world), id_of(world, "omar")]
    stored: dict[str, set[object]] = {twin: set() for twin in twins}
    async with world.graph._driver.session() as session:
        async for row in await session.run(STORED, twins=twins, mark=MARK):
            stored[row["twin"]] |= {row["id"], *row["texts"], *([bytes(row["sealed"])] if row["sealed"] else ())}
    one, other = stored.values()
    assert len(one) == len(other) > 8
    assert not one & other

    said = {twin: (await observed(world, twin)) for twin in ("lena", "omar")}
    assert said["lena"].keys() != said["omar"].keys()
    assert [*said["lena"].values()] == [*said["omar"].values()] == [TEXT]
    record = await world.graph.read("evidence/by_ids", twin=twins[0], ids=list(said["omar"]))
    assert record == [[]]
    await world.eraser.erase_twin(world.caller, "lena")
    assert await observed(world, "omar") == said["omar"]


async def test_two_people_change_what_they_permit_at_the_same_moments(world: World, clock: StoppedClock) -> None:
    enforcing = Enforcing(world)
    await enforcing.policies.publish(world.caller, policy())
    clock.at = START
    for twin in ("lena", "omar"):
        await world.intake.observe(world.caller, [event("1", twin=twin)])
        await enforcing.permit(twin=twin)
    clock.at = START + timedelta(days=1)
    for twin in ("lena", "omar"):
        await enforcing.permit(twin=twin, allowed=False)
    stated = await of_twins(world.graph, [id_of(world), id_of(world, "omar")])
    assert [[row.allowed for row in rows if row.valid_to is None] for rows in stated.values()] == [[False], [False]]


async def observed(world: World, twin: str) -> dict[str, str]:
    """The words that evidence on a twin holds, by its id."""
    received = Received(world.graph, world.keyring, Snapshots(world.graph, world.book))
    page = await received.evidence(world.caller, twin)
    return {row.evidence.id: row.evidence.verbatim for row in page.nodes if row.evidence.verbatim is not None}
