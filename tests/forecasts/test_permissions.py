"""Forecasts where persons decide what their twins may be used for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import StoppedClock
from tests.forecasts.outcomes import Foresight, day
from tests.ownership.policies import Enforcing, policy
from tests.reading import refusal
from tests.services.test_flights import Counting
from tests.world import World, event, rated

from beliefgraph.model.permission import Restrict
from beliefgraph.services.forecasts.learn import learn_outcomes
from beliefgraph.services.forecasts.questions import Forecasts
from beliefgraph.services.permissions.usable import Usable


@pytest.fixture
def foresight(foreseeing: World, clock: StoppedClock) -> Foresight:
    clock.at = day(10)
    return Foresight(foreseeing)


async def test_what_a_purpose_may_not_use_teaches_nothing_and_of_nothing_there_is_no_forecast(
    foresight: Foresight,
) -> None:
    world = foresight.world
    enforcing = Enforcing(world)
    questions = Forecasts(world.graph, world.keyring, world.book, world.clock, enforcing.snapshots)
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller, "churn")
    await enforcing.policies.publish(world.caller, policy())
    for twin in ("lena", "tom"):
        await enforcing.permit(twin=twin)
        await enforcing.permit(twin=twin, category="risks")
    await enforcing.permit(category="money", allowed=False)
    caller = enforcing.caller()
    assert await refusal(questions.forecast(caller, "lena", "churn")) == "not-found"
    assert await refusal(questions.forecasts(caller, "lena")) == "not-found"
    assert len((await questions.forecasts(caller, "tom")).nodes) == 2
    assert len((await questions.forecasts(world.person("lena"), "lena")).nodes) == 2
    churn = (await world.book.latest(world.caller.tenant)).definitions.outcome("churn")
    for asking, twins in ((caller, 1), (enforcing.caller("audit"), 2)):
        assert len(await questions.scored(asking, churn, churn.horizons[0].within)) == twins
    usable = Usable(enforcing.sights, caller)
    found = await learn_outcomes(
        caller, world.graph, world.keyring, world.book, world.clock.now(), "busy", usable=usable
    )
    assert (found[0].twins, usable.left_out) == (1, 1)


OF_ITS_TWIN = {"id", "twin", "rev", "resolutions"}


async def test_forecasts_under_a_permission_are_those_of_a_twin_that_was_told_what_is_permitted(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    enforcing = Enforcing(world)
    questions = Forecasts(world.graph, world.keyring, world.book, clock, enforcing.snapshots)
    await enforcing.policies.publish(world.caller, policy())
    told = [event("1"), event("2", "audited", day=1)]
    await world.intake.observe(world.caller, [rated("0", 3.0, day=-1), *told, rated("3", 2.0, day=2)])
    await world.intake.observe(world.caller, [one.model_copy(update={"twin": "tom"}) for one in told])
    for twin in ("lena", "tom"):
        await enforcing.permit(twin=twin)
        await enforcing.permit(twin=twin, category="risks")
    await enforcing.permit(category="ratings", allowed=False)
    await foresight.keeper.make(world.caller)
    clock.at = day(40)
    await foresight.keeper.resolve(world.caller)
    caller, everything = enforcing.caller(), enforcing.caller("audit")
    in_part = [*(await questions.forecasts(caller, "lena")).nodes]
    alone = [*(await questions.forecasts(everything, "tom")).nodes]
    assert in_part
    by_name = [sorted(some, key=lambda one: (one.outcome, one.horizon)) for some in (in_part, alone)]
    mine, others = ([one.model_dump(exclude=OF_ITS_TWIN) for one in some] for some in by_name)
    assert mine == others
    assert [one.resolution and one.resolution.happened for one in by_name[0]] == [
        one.resolution and one.resolution.happened for one in by_name[1]
    ]
    for outcome in ("churn", "convinced"):
        one, other = (
            await questions.forecast(caller, "lena", outcome),
            await questions.forecast(everything, "tom", outcome),
        )
        assert one.model_dump(exclude=OF_ITS_TWIN) == other.model_dump(exclude=OF_ITS_TWIN)
    graph = Counting(world.graph)
    counted = Forecasts(graph, world.keyring, world.book, world.clock, enforcing.snapshots)
    assert len((await counted.forecasts(caller, "lena", "churn", timedelta(days=14))).nodes) == 1
    read = graph.asked["forecast/histories"]
    assert len((await counted.forecasts(caller, "lena", "churn")).nodes) == 2
    assert graph.asked["forecast/histories"] == 2 * read, "a history is read once for each outcome and rev"
    whole = await questions.forecast(everything, "lena", "churn")
    assert whole.probability != (await questions.forecast(caller, "lena", "churn")).probability


async def test_of_a_restricted_twin_no_forecast_is_made(foresight: Foresight) -> None:
    world = foresight.world
    enforcing = Enforcing(world)
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await enforcing.policies.publish(world.caller, policy())
    await enforcing.commands.restrict(world.person("lena"), Restrict(twin="lena"))
    assert (await foresight.keeper.make(world.caller, "churn")).stored == 2
    assert await foresight.of("lena") == []
