"""Learning leaves out whom its purpose may not use."""

from __future__ import annotations

import pytest
from tests.ownership.policies import Enforcing, policy
from tests.world import World, rated

from beliefgraph.errors import Forbidden
from beliefgraph.model.permission import Restrict
from beliefgraph.services.learning.sources import SourceLearner
from beliefgraph.services.learning.training_data import training_data
from beliefgraph.services.permissions.usable import Usable


async def test_only_those_who_permit_it_are_learned_from_and_the_others_are_counted(world: World) -> None:
    enforcing = Enforcing(world)
    await world.intake.observe(
        world.caller, [rated(f"{twin}-{n}", 1.0, twin=twin) for twin in ("lena", "max", "mia") for n in range(3)]
    )
    learner = SourceLearner(world.graph, world.book, enforcing.sights)
    everybody = await learner.learn(enforcing.caller())
    assert (everybody.twins, everybody.left_out) == (3, 0)
    await enforcing.policies.publish(world.caller, policy())
    for twin in ("lena", "max"):
        await enforcing.permit(twin=twin)
        await enforcing.permit(twin=twin, category="risks")
    await enforcing.permit(twin="max", category="ratings", allowed=False)
    some = await learner.learn(enforcing.caller())
    assert (some.twins, some.left_out) == (1, 2)
    usable = Usable(enforcing.sights, enforcing.caller())
    read = await training_data(enforcing.caller(), world.graph, world.book, usable=usable)
    assert (read.twins, usable.left_out) == (1, 2)


async def test_sources_are_those_that_reported_of_people_who_permit_it(world: World) -> None:
    enforcing = Enforcing(world)
    told = [("lena", "ada"), ("max", "ada"), ("max", "bo"), ("mia", "cy")]
    await world.intake.observe(world.caller, [rated(f"{twin}-{by}", 1.0, twin=twin, by=by) for twin, by in told])
    learner = SourceLearner(world.graph, world.book, enforcing.sights)

    async def names(purpose: str = "advice") -> list[str]:
        return [source.name for source in (await learner.page(enforcing.caller(purpose))).nodes]

    assert await names() == ["ada", "bo", "cy"]
    await enforcing.policies.publish(world.caller, policy())
    assert await names() == []
    assert await names("audit") == ["ada", "bo", "cy"]
    for twin in ("lena", "max"):
        await enforcing.permit(twin=twin)
        await enforcing.permit(twin=twin, category="risks")
    assert await names() == ["ada", "bo"]
    await enforcing.permit(twin="max", category="ratings", allowed=False)
    assert await names() == ["ada"]
    await enforcing.commands.restrict(world.person("lena"), Restrict(twin="lena"))
    assert await names() == []
    await enforcing.policies.publish(
        world.caller,
        policy(default="allow_until_objected", categories=[{"key": "money", "attributes": ["needs.budget"]}]),
    )
    assert await names() == ["ada", "bo", "cy"]
    await enforcing.permit(twin="max", allowed=False)
    await enforcing.permit(twin="mia", allowed=False)
    assert await names() == []
    await enforcing.permit(twin="mia")
    assert await names() == ["cy"]
    with pytest.raises(Forbidden) as refused:
        await names("unheard of")
    assert refused.value.code == "not-permitted"
