"""Forecasts where persons decide what their twins may be used for."""

from __future__ import annotations

import pytest
from tests.conftest import StoppedClock
from tests.forecasts.outcomes import Foresight, day
from tests.ownership.policies import Enforcing, policy
from tests.reading import refusal
from tests.world import World, event

from beliefgraph.model.permission import Restrict
from beliefgraph.services.forecasts.learn import learn_outcomes
from beliefgraph.services.forecasts.questions import Forecasts
from beliefgraph.services.permissions.usable import Usable


@pytest.fixture
def foresight(foreseeing: World, clock: StoppedClock) -> Foresight:
    clock.at = day(10)
    return Foresight(foreseeing)


async def test_a_forecast_that_needs_what_a_purpose_may_not_use_is_refused_and_teaches_nothing(
    foresight: Foresight,
) -> None:
    world = foresight.world
    enforcing = Enforcing(world)
    questions = Forecasts(world.graph, world.keyring, world.book, world.clock, enforcing.moments)
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller, "churn")
    await enforcing.policies.publish(world.caller, policy())
    for twin in ("lena", "tom"):
        await enforcing.permit(twin=twin)
        await enforcing.permit(twin=twin, category="risks")
    await enforcing.permit(category="money", allowed=False)
    caller = enforcing.caller()
    assert await refusal(questions.forecast(caller, "lena", "churn")) == "not-permitted"
    assert await refusal(questions.forecasts(caller, "lena")) == "not-permitted"
    assert len((await questions.forecasts(caller, "tom")).nodes) == 2
    assert len((await questions.forecasts(world.person("lena"), "lena")).nodes) == 2
    usable = Usable(enforcing.sights, caller)
    found = await learn_outcomes(
        caller, world.graph, world.keyring, world.book, world.clock.now(), "busy", usable=usable
    )
    assert (found[0].twins, usable.left_out) == (1, 1)


async def test_of_a_restricted_twin_no_forecast_is_made(foresight: Foresight) -> None:
    world = foresight.world
    enforcing = Enforcing(world)
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await enforcing.policies.publish(world.caller, policy())
    await enforcing.commands.restrict(world.person("lena"), Restrict(twin="lena"))
    assert (await foresight.keeper.make(world.caller, "churn")).stored == 2
    assert await foresight.of("lena") == []
