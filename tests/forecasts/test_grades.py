"""Graded outcomes: distributions over grades, made, resolved by the grade that came, and scored."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
import pytest_asyncio
from tests.archives.test_archives import archives_of, emptied
from tests.conftest import StoppedClock
from tests.forecasts.graded import GRADED, SATISFACTION
from tests.forecasts.outcomes import WEEK, Foresight, counted, day
from tests.metrics import METRICS
from tests.ownership.policies import Enforcing, policy
from tests.reading import refusal
from tests.world import World, event, rated

from beliefgraph.model.belief import logit, probability
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.forecast import Forecast
from beliefgraph.model.time import AsOf
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.forecasts.outcome_record import outcome_record
from beliefgraph.services.forecasts.questions import Forecasts


@pytest_asyncio.fixture
async def foresight(world: World, clock: StoppedClock) -> Foresight:
    await world.book.publish(world.caller, METRICS)
    await world.book.publish(world.caller, GRADED)
    clock.at = day(10)
    return Foresight(world)


def given(one: Forecast) -> dict[str, float]:
    """The probability of each grade."""
    return {each.grade: each.probability for each in one.grades}


async def test_a_twin_of_which_nothing_is_known_gets_the_stated_shares(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    assert (await foresight.keeper.make(world.caller)).stored == 3
    stored = {one.outcome: one for one in await foresight.of()}
    assert given(stored["satisfaction"]) == pytest.approx({"unhappy": 0.2, "content": 0.5, "delighted": 0.3})
    assert [each.at_least for each in stored["satisfaction"].grades] == pytest.approx([1.0, 0.8, 0.3])
    assert given(stored["busyness"]) == pytest.approx({"none": 0.5, "some": 0.3, "many": 0.2})
    assert stored["satisfaction"].probability == pytest.approx(0.8)
    assert stored["satisfaction"].basis == "stated"
    assert (stored["satisfaction"].curve, stored["satisfaction"].quantiles) == ((), ())
    made = await foresight.questions.forecast(world.caller, "lena", "satisfaction")
    assert made == stored["satisfaction"], "what is stored is read back equal"


async def test_an_input_adds_the_same_to_the_log_odds_of_every_grade(foresight: Foresight) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [rated("one", 1.2)])
    await world.intake.observe(world.caller, [event("risk", "audited"), event("more", "audited")])
    found = await foresight.questions.forecast(world.caller, "lena", "satisfaction")
    inputs = {each.input: each.contribution for each in found.inputs}
    assert inputs == pytest.approx({"belief world.alone": published(1.2), "segment risky": math.log(0.5)})
    assert (found.basis, found.segment) == ("belief", "risky")
    moved = published(1.2) + math.log(0.5)
    assert found.log_odds == pytest.approx(found.baseline + moved, abs=1e-12)
    at_least = [each.at_least for each in found.grades]
    assert at_least == pytest.approx([1.0, probability(logit(0.8) + moved), probability(logit(0.3) + moved)])
    before = await foresight.questions.forecast(
        world.caller, "lena", "satisfaction", as_of=AsOf(valid_time=day(0), rev=1)
    )
    assert [each.input for each in before.inputs] == ["belief world.alone"]


async def test_the_first_grade_within_the_horizon_resolves_it_and_a_late_one_before_it_again(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller, "satisfaction")
    clock.at = day(14)
    await world.intake.observe(
        world.caller,
        [
            event("a", "answered", day=12, score=9),
            event("b", "answered", day=13, score=2),
            event("c", "answered", day=11, score="nine"),
        ],
    )
    assert (await foresight.keeper.resolve(world.caller, "satisfaction")).resolved == 1
    await world.intake.observe(world.caller, [event("late", "answered", day=11.5, score=3.9)])
    assert (await foresight.keeper.resolve(world.caller, "satisfaction")).changed == 1
    assert (await foresight.keeper.resolve(world.caller, "satisfaction")).changed == 0
    (one,) = await foresight.of(outcome="satisfaction")
    assert [(each.number, each.grade, each.happened, each.at) for each in one.resolutions] == [
        (2, "unhappy", False, day(11.5)),
        (1, "delighted", True, day(12)),
    ]
    clock.at = day(40)
    assert (await foresight.keeper.resolve(world.caller, "satisfaction")).resolved == 1
    (silent,) = await foresight.of("tom", "satisfaction")
    assert silent.resolution is not None
    assert (silent.resolution.grade, silent.resolution.at) == (None, silent.due)


async def test_a_metric_and_an_attribute_say_the_grade_at_the_end_of_the_horizon(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one"), event("other", twin="tom")])
    await foresight.keeper.make(world.caller)
    (busy,) = await foresight.of(outcome="busyness")
    due = (busy.due - day(0)) / timedelta(days=1)
    clock.at = day(due - 1)
    await world.intake.observe(
        world.caller,
        [
            *(event(f"early-{n}", "visited", day=due - 8 - n / 10) for n in range(4)),
            *(event(f"late-{n}", "visited", day=due - 2 - n / 10) for n in range(2)),
            event("plan", "planned", day=due - 2, plan="enterprise"),
        ],
    )
    assert (await foresight.keeper.resolve(world.caller)).resolved == 0
    clock.at = day(due + 1)
    await foresight.keeper.resolve(world.caller)

    async def came(twin: str, outcome: str) -> tuple[str | None, bool]:
        (one,) = await foresight.of(twin, outcome)
        assert one.resolution is not None
        assert one.resolution.at == one.due
        return one.resolution.grade, one.resolution.happened

    assert await came("lena", "busyness") == ("some", False)
    assert await came("lena", "plan") == ("enterprise", True)
    assert await came("tom", "busyness") == ("none", False)
    assert await came("tom", "plan") == (None, False), "no plan is likely enough"


async def test_the_record_of_grades_is_what_follows_from_the_stored_forecasts(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    scores = {"lena": 9, "tom": 5, "uma": 1, "vera": None}
    await world.intake.observe(world.caller, [event(twin, twin=twin) for twin in scores])
    await foresight.keeper.make(world.caller, "satisfaction")
    said = [event(f"s-{t}", "answered", day=12, twin=t, score=s) for t, s in scores.items() if s is not None]
    clock.at = day(40)
    await world.intake.observe(world.caller, said)
    await foresight.keeper.resolve(world.caller, "satisfaction")
    outcome = (await world.book.latest(world.caller.tenant)).definitions.outcome("satisfaction")
    rows = await foresight.questions.scored(world.caller, outcome, 2 * WEEK)
    found = outcome_record("satisfaction", 2 * WEEK, rows)
    assert (found.open, found.ungraded, found.scores.count) == (0, 1, 3)
    grades = found.scores.grades
    assert grades is not None
    squared = [(0.8 - y) ** 2 for y in (1, 1, 0)] + [(0.3 - y) ** 2 for y in (1, 0, 0)]
    assert grades.rps == pytest.approx(sum(squared) / 6)
    assert grades.skill == pytest.approx(1 - grades.rps / (2 / 9))
    assert grades.log_loss == pytest.approx(-(math.log(0.3) + math.log(0.5) + math.log(0.2)) / 3)
    assert found.scores.brier == pytest.approx(sum(squared[:3]) / 3)
    assert found.by_segment[0].scores.grades == grades


async def test_what_a_purpose_may_not_use_moves_no_grade(foresight: Foresight, clock: StoppedClock) -> None:
    world = foresight.world
    enforcing = Enforcing(world)
    questions = Forecasts(world.graph, world.keyring, world.book, clock, enforcing.snapshots)
    await enforcing.policies.publish(world.caller, policy())
    await world.intake.observe(world.caller, [rated("0", 3.0), event("1", day=1), event("2", day=1, twin="tom")])
    for twin in ("lena", "tom"):
        await enforcing.permit(twin=twin)
        await enforcing.permit(twin=twin, category="risks")
    await enforcing.permit(category="ratings", allowed=False)
    await foresight.keeper.make(world.caller, "satisfaction")
    clock.at = day(40)
    await world.intake.observe(world.caller, [event("s", "answered", day=12, score=9)])
    await foresight.keeper.resolve(world.caller)
    caller, everything = enforcing.caller(), enforcing.caller("audit")
    (mine,) = (await questions.forecasts(caller, "lena", "satisfaction")).nodes
    (whole,) = (await questions.forecasts(everything, "lena", "satisfaction")).nodes
    assert given(mine) == pytest.approx({"unhappy": 0.2, "content": 0.5, "delighted": 0.3})
    assert given(whole)["delighted"] > 0.5
    assert [one.resolution and one.resolution.grade for one in (mine, whole)] == ["delighted", "delighted"]
    await enforcing.permit(twin="tom", category="risks", allowed=False)
    assert await refusal(questions.forecast(caller, "tom", "satisfaction")) == "unknown-outcome", "it needs a risk"
    assert (await questions.forecast(caller, "tom", "busyness")).grades


async def test_grades_and_curves_come_back_from_an_archive_and_go_with_an_erasure(
    foresight: Foresight, clock: StoppedClock
) -> None:
    world = foresight.world
    await world.intake.observe(world.caller, [event("one")])
    await foresight.keeper.make(world.caller)
    clock.at = day(40)
    await world.intake.observe(world.caller, [event("s", "answered", day=12, score=9)])
    await foresight.keeper.resolve(world.caller)
    before = await foresight.of()
    assert {one.resolution.grade for one in before if one.resolution is not None} >= {"delighted", "none"}
    exported = await archives_of(world).export_twin(world.caller, "lena")
    again = await emptied(world)
    await archives_of(again).import_archive(world.caller, exported)
    assert await Foresight(again).of() == before
    await again.eraser.erase_twin(world.person("lena"), "lena")
    assert await counted(world.graph, world) == 0


async def test_what_decides_a_grade_cannot_change(foresight: Foresight) -> None:
    world = foresight.world
    other = {**SATISFACTION, "grades": {**SATISFACTION["grades"], "reached": "delighted"}}
    changed = GRADED.model_dump(mode="json", exclude_defaults=True) | {"version": "1.1.0"}
    changed["outcomes"][0] = other
    publishing = world.book.publish(world.caller, Catalog.model_validate(changed))
    assert await refusal(publishing) == "invalid-definition"
