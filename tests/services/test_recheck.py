from __future__ import annotations

from tests.world import World, event, key, rated

from beliefgraph.model.belief import Holding
from beliefgraph.model.command import Correct
from beliefgraph.services.commits.recheck import Checked, recheck
from beliefgraph.services.derivation.grid import published


async def checked(world: World) -> dict[str, Checked]:
    return {found.twin: found async for found in recheck(world.graph, world.book, world.caller.tenant)}


async def test_what_was_published_is_what_the_evidence_gives(world: World) -> None:
    await world.intake.observe(world.caller, [event("1"), rated("2", 1.5), event("3", "audited", day=40)])
    await world.intake.observe(world.caller, [event("4", twin="omar"), event("5", "audited", day=3, twin="omar")])
    await world.commands.correct(world.person("omar"), Correct(twin="omar", belief=key("product.risky"), holds=False))

    found = await checked(world)

    assert set(found) == {"lena", "omar"}
    assert all(
        one.differing == () and one.quality == "exact" and one.published["beliefs"] >= 4 for one in found.values()
    )
    assert found["lena"].width == 1  # a tree: no clique has more than two beliefs


async def test_a_published_number_that_somebody_changed_is_found(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.5)])
    (held,) = (await checked(world))["lena"].differing or (None,)
    assert held is None

    async with world.graph._driver.session(database="neo4j") as session:
        await session.run(
            "MATCH (t:Twin {tenant: $tenant})-[r:HOLDS]->(:Belief {attribute: 'world.alone'}) SET r.log_odds = 3.0",
            tenant=world.caller.tenant,
        )

    (differing,) = (await checked(world))["lena"].differing
    assert isinstance(differing, Holding)
    assert differing.log_odds == published(1.5)
