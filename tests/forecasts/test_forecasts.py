"""Forecasts end to end: made from what was published, resolved by what came, and kept."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from tests.conftest import StoppedClock
from tests.forecasts.outcomes import OUTCOMES, Foresight, cancels, counted, day
from tests.reading import refusal
from tests.world import World, event, rated

from beliefgraph.model.belief import BeliefKey, logit
from beliefgraph.model.forecast import Forecast
from beliefgraph.model.outcome import Held
from beliefgraph.model.time import BEGINNING, AsOf
from beliefgraph.services.derivation.grid import published

DAY = timedelta(days=1)


@pytest.fixture
def foresight(foreseeing: World, clock: StoppedClock) -> Foresight:
    clock.at = day(10)
    return Foresight(foreseeing)


async def test_a_twin_of_which_nothing_is_known_gets_the_stated_probability(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    made = await foresight.keeper.make(world.caller, "churn")
    assert (made.stored, made.known, made.twins) == (2, 0, 1)
    month, fortnight = sorted(await foresight.of(), key=lambda one: -one.horizon)
    assert (month.probability, fortnight.probability) == pytest.approx((0.2, 0.1))
    assert (month.basis, month.inputs, month.rev, month.parameters) == ("stated", (), 1, None)
    assert (month.made_at - BEGINNING) % (7 * DAY) == timedelta(0)
    assert month.made_at <= day(10) < month.made_at + 7 * DAY
    assert month.due == month.made_at + 28 * DAY
    assert month.since == day(0)
    assert not month.retrospective


async def test_making_forecasts_again_changes_nothing_and_costs_the_twin_no_rev(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    await foresight.keeper.make(world.caller)
    before = await foresight.of()
    await world.intake.observe(world.caller, [rated("louder", 2.0)])
    again = await foresight.keeper.make(world.caller)
    assert (again.stored, again.known) == (0, 4)
    assert await foresight.of() == before


async def test_the_belief_that_indicates_it_and_the_segment_move_the_stated_log_odds_by_what_the_inputs_say(
    foresight: Foresight,
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [rated("one", 1.2), event("risk", "audited"), event("more", "audited")])
    found = await foresight.questions.forecast(world.caller, "lena", "churn")
    assert (found.basis, found.segment) == ("belief", "risky")
    assert found.baseline == pytest.approx(logit(0.1))
    inputs = {each.input: each.contribution for each in found.inputs}
    assert inputs == pytest.approx({"belief world.alone": published(1.2), "segment risky": math.log(3)})
    assert found.log_odds == pytest.approx(found.baseline + sum(inputs.values()), abs=1e-12)
    assert found.stored_at is None
    assert await counted(world.graph, world) == 0


async def test_a_forecast_sees_nothing_that_came_after_its_moment_or_its_rev(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [rated("early", 0.8)])
    await world.intake.observe(world.caller, [rated("late", 2.0, day=5)])

    async def said(as_of: AsOf) -> float:
        found = await foresight.questions.forecast(world.caller, "lena", "churn", as_of=as_of)
        return found.log_odds - found.baseline

    assert await said(AsOf(valid_time=day(4))) == pytest.approx(published(0.8))
    assert await said(AsOf(valid_time=day(6))) == pytest.approx(published(2.8))
    assert await said(AsOf(valid_time=day(6), rev=1)) == pytest.approx(published(0.8))


async def test_an_event_resolves_a_forecast_at_once_and_the_end_of_the_horizon_does_so_without_one(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller, "churn")
    assert (await foresight.keeper.resolve(world.caller)).resolved == 0
    clock.at = day(12)
    await cancels(world, 11, final=False)
    await cancels(world, 11.5)
    done = await foresight.keeper.resolve(world.caller)
    assert (done.resolved, done.changed) == (2, 0)
    resolved = [one.resolution for one in await foresight.of()]
    assert [(one.happened, one.at) for one in resolved if one] == [(True, day(11.5))] * 2
    assert all(one.resolution is None for one in await foresight.of("tom"))

    clock.at = day(30)
    assert (await foresight.keeper.resolve(world.caller)).resolved == 1
    month, fortnight = sorted(await foresight.of("tom"), key=lambda one: -one.horizon)
    assert month.resolution is None
    assert fortnight.resolution is not None
    assert (fortnight.resolution.happened, fortnight.resolution.at) == (False, fortnight.due)
    assert (await foresight.keeper.resolve(world.caller)).resolved == 0


async def test_a_late_event_resolves_a_forecast_again_and_what_it_was_before_is_kept(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    await foresight.keeper.make(world.caller, "churn")
    clock.at = day(60)
    assert (await foresight.keeper.resolve(world.caller)).resolved == 2
    await cancels(world, 12)
    done = await foresight.keeper.resolve(world.caller)
    assert (done.resolved, done.changed) == (0, 2)
    for one in await foresight.of():
        assert [(each.number, each.happened) for each in one.resolutions] == [(2, True), (1, False)]


async def test_only_twins_with_something_to_resolve_are_looked_at(foresight: Foresight, clock: StoppedClock) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller, "churn")
    assert (await foresight.keeper.resolve(world.caller, "churn")).twins == 0
    clock.at = day(12)
    await cancels(world, 11)
    done = await foresight.keeper.resolve(world.caller, "churn")
    assert (done.resolved, done.twins) == (2, 1)
    await world.intake.observe(world.caller, [event("later", day=11.5)])
    assert (await foresight.keeper.resolve(world.caller, "churn")).twins == 0, "nothing of the outcome came since"
    await cancels(world, 10.5)
    earlier = await foresight.keeper.resolve(world.caller, "churn")
    assert (earlier.changed, earlier.twins) == (2, 1), "it happened earlier than was known"
    clock.at = day(60)
    over = await foresight.keeper.resolve(world.caller, "churn")
    assert (over.resolved, over.changed, over.twins) == (2, 0, 1), "those of the other twin are over"


async def test_forecasts_are_made_for_a_part_of_the_twins_and_the_next_call_goes_on(foresight: Foresight) -> None:
    world = foresight.world
    twins = ["lena", "tom", "uma"]
    await world.intake.observe(world.caller, [event(twin, twin=twin) for twin in twins])
    told: list[int] = []
    begun = await foresight.keeper.make(world.caller, "churn", first=2, progress=told.append)
    assert (begun.stored, begun.twins, told) == (4, 2, [2])
    assert begun.end_cursor is not None
    rest = await foresight.keeper.make(world.caller, "churn", first=2, after=begun.end_cursor)
    assert (rest.stored, rest.twins, rest.end_cursor) == (2, 1, None)
    assert [len(await foresight.of(twin)) for twin in twins] == [2, 2, 2]
    assert await refusal(foresight.keeper.make(world.caller, first=0)) == "invalid-input"


async def test_what_happens_once_is_not_forecast_any_more(foresight: Foresight, clock: StoppedClock) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    await cancels(world, 1)
    assert (await foresight.keeper.make(world.caller, "churn")).stored == 0
    assert (await foresight.keeper.make(world.caller, "busy")).stored == 1


async def test_pages_of_forecasts_show_each_once_the_newest_first(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    await foresight.keeper.make(world.caller)
    await foresight.keeper.make(world.caller, at=day(5))
    seen: list[Forecast] = []
    after: str | None = None
    for _ in range(10):
        page = await foresight.questions.forecasts(world.caller, "lena", first=3, after=after)
        seen += page.nodes
        after = page.last_cursor
        if not page.has_next:
            break
    assert [one.id for one in seen] == [one.id for one in await foresight.of()]
    assert len({one.id for one in seen}) == 8
    assert [one.made_at for one in seen] == sorted((one.made_at for one in seen), reverse=True)


async def test_a_service_makes_forecasts_once_in_each_period_and_resolves_them_by_itself(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    await foresight.keeper.keep()
    assert len(await foresight.of()) == 4
    clock.at = day(12)
    await cancels(world, 11.5)
    await foresight.keeper.keep()
    assert len(await foresight.of()) == 4
    assert all(one.resolution is not None for one in await foresight.of(outcome="churn"))
    clock.at = day(18)
    await foresight.keeper.keep()
    assert len(await foresight.of()) == 6  # what happens once has happened
    assert len(await foresight.of(outcome="churn")) == 2


async def test_an_outcome_is_forecast_for_the_twins_that_it_applies_to(foresight: Foresight) -> None:
    world = foresight.world
    churn = OUTCOMES.outcomes[0].model_copy(
        update={"applies_to": Held(belief=BeliefKey.of("world.alone"), at_least=0.7), "key": "parting"}
    )
    parting = OUTCOMES.model_copy(update={"catalog": "parting", "outcomes": (churn,)})
    await world.book.publish(world.caller, parting)
    await world.intake.observe(world.caller, [rated("one", 2.0), event("other", twin="tom")])
    assert (await foresight.keeper.make(world.caller, "parting")).stored == 2
    assert (await foresight.of("tom", "parting"), len(await foresight.of("lena", "parting"))) == ([], 2)


async def test_a_metric_and_a_belief_resolve_it_when_they_are_within_bounds_at_the_end_of_a_period(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller)
    (busy,) = await foresight.of(outcome="busy")
    visits = [event(f"visit-{n}", "visited", day=10 + n / 10) for n in range(3)]
    clock.at = day(40)
    await world.intake.observe(world.caller, [*visits, rated("sure", 3.0, day=10.5)])
    await foresight.keeper.resolve(world.caller)

    async def came(twin: str, outcome: str) -> tuple[bool, object]:
        (one,) = await foresight.of(twin, outcome)
        assert one.resolution is not None
        return one.resolution.happened, one.resolution.at

    end = busy.made_at + 7 * DAY
    assert await came("lena", "busy") == (True, end)
    assert await came("lena", "convinced") == (True, end)
    assert await came("tom", "busy") == (False, end)
    assert await came("tom", "convinced") == (False, end + 7 * DAY)


async def test_a_forecast_made_after_its_period_says_so(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    await foresight.keeper.make(world.caller, "busy", day(7))
    await foresight.keeper.make(world.caller, "busy")
    now, before = await foresight.of()
    assert now.made_at - before.made_at == 7 * DAY
    assert (now.retrospective, before.retrospective) == (False, True)


async def test_erasing_a_twin_erases_its_forecasts(foresight: Foresight, clock: StoppedClock) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller, "churn")
    clock.at = day(60)
    await foresight.keeper.resolve(world.caller)
    await world.eraser.erase_twin(world.caller, "lena")
    async with world.graph._driver.session() as session:
        found = await session.run(
            "MATCH (f:Forecast {tenant: $tenant}) OPTIONAL MATCH (f)-[:RESOLVED_AS]->(r) RETURN f.twin, r.twin",
            {"tenant": world.caller.tenant},
        )
        twins = {tuple(record.values()) async for record in found}
    assert len(twins) == 1


async def test_only_a_service_makes_forecasts_and_a_person_sees_only_their_own(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller, "churn")
    lena = world.person("lena")
    assert len((await foresight.questions.forecasts(lena, "lena")).nodes) == 2
    assert await refusal(foresight.questions.forecasts(lena, "tom")) == "not-found"
    assert await refusal(foresight.keeper.make(lena)) == "missing-scope"
    assert await refusal(foresight.keeper.resolve(lena)) == "missing-scope"
    reader = world.caller.model_copy(update={"scopes": ("read",)})
    assert await refusal(foresight.keeper.make(reader)) == "missing-scope"


async def test_what_cannot_be_forecast_is_refused(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one", day=3)])
    ask = foresight.questions.forecast
    assert await refusal(ask(world.caller, "lena", "rain")) == "unknown-outcome"
    assert await refusal(ask(world.caller, "lena", "churn", timedelta(days=3))) == "invalid-input"
    assert await refusal(ask(world.caller, "nobody", "churn")) == "not-found"
    assert await refusal(ask(world.caller, "lena", "churn", as_of=AsOf(valid_time=day(2)))) == "not-found"
    assert await refusal(foresight.questions.forecasts(world.caller, "lena", "rain")) == "unknown-outcome"
    assert await refusal(foresight.keeper.make(world.caller, "rain")) == "unknown-outcome"
    assert await refusal(foresight.keeper.make(world.caller, at=day(11))) == "invalid-input"
