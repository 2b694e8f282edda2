"""A restricted twin answers the person alone, derives nothing, and takes in what waited once that is lifted."""

from __future__ import annotations

import pytest
from tests.ownership.policies import Enforcing, policy
from tests.world import World, event, key

from beliefgraph.errors import Forbidden, NotFound
from beliefgraph.model.command import AssertBelief
from beliefgraph.model.permission import Restrict


async def test_what_arrives_waits_until_the_person_lifts_the_restriction(world: World) -> None:
    enforcing = Enforcing(world)
    await enforcing.policies.publish(world.caller, policy(default="allow_until_objected"))
    await enforcing.intake.observe(world.caller, [event("1")])
    person, caller = world.person("lena"), enforcing.caller()
    before = await enforcing.questions.belief(person, "lena", key("needs.budget"))

    await enforcing.commands.restrict(person, Restrict(twin="lena"))
    (waiting,) = await enforcing.intake.observe(world.caller, [event("2", day=1)])
    assert (waiting.status, waiting.code) == ("quarantined", "restricted")
    assert await enforcing.intake.quarantine(world.caller, limit=10) == []
    with pytest.raises(NotFound):
        await enforcing.questions.belief(caller, "lena", key("needs.budget"))
    assert (await enforcing.questions.belief(enforcing.caller("audit"), "lena", key("needs.budget"))).state.log_odds
    said = AssertBelief(twin="lena", belief=key("needs.budget"), confidence=0.9)
    with pytest.raises(Forbidden) as refused:
        await enforcing.commands.assert_belief(caller, said)
    assert refused.value.code == "restricted"
    still = await enforcing.questions.belief(person, "lena", key("needs.budget"))
    assert still.state.log_odds == before.state.log_odds

    await enforcing.commands.restrict(world.caller, Restrict(twin="lena", restricted=False))
    with pytest.raises(NotFound):  # the tenant lifts its own restriction, not the person's
        await enforcing.questions.belief(caller, "lena", key("needs.budget"))
    await enforcing.commands.restrict(person, Restrict(twin="lena", restricted=False))
    after = await enforcing.questions.belief(caller, "lena", key("needs.budget"))
    assert after.state.log_odds is not None
    assert before.state.log_odds is not None
    assert after.state.log_odds > before.state.log_odds
