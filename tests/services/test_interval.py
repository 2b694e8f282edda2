from __future__ import annotations

from datetime import timedelta

import pytest
from tests import values, wide
from tests.world import START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.command import Correct, Relate
from beliefgraph.model.evidence import CORRECTION_LOG_ODDS
from beliefgraph.model.time import AsOf
from beliefgraph.services.derivation.derive import PINNED
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.questions.interval import Intervals

NARROW = 1e-5
"""Nats."""

BUYS = key("world.buys")


@pytest.fixture
def intervals(world: World) -> Intervals:
    return Intervals(world.graph, world.book)


async def test_an_exact_confidence_lies_within_and_there_is_hardly_room_for_another(
    world: World, intervals: Intervals
) -> None:
    await world.intake.observe(
        world.caller,
        [event("1"), event("2", "audited", day=1), event("3", "said", day=2, llr=1.0, by="Kim", text="Yes.")],
    )
    found = await intervals.interval(world.caller, "lena", BUYS)
    assert found.low_log_odds is not None
    assert found.high_log_odds is not None
    assert found.state.log_odds is not None
    assert found.low_log_odds <= found.state.log_odds <= found.high_log_odds
    assert 0.0 < found.high_log_odds - found.low_log_odds < NARROW
    assert (found.reason, found.pinned, found.state.quality) == (None, None, "exact")


async def test_it_is_answered_as_of_a_moment(world: World, intervals: Intervals) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.5)])
    await world.intake.observe(world.caller, [rated("2", 1.0, day=3)])
    for as_of, expected, rev in (
        (AsOf(rev=1), 1.5, 1),
        (AsOf(valid_time=START + timedelta(days=1)), 1.5, 2),
        (AsOf(), 2.5, 2),
    ):
        found = await intervals.interval(world.caller, "lena", key("world.alone"), as_of=as_of)
        assert (found.low_log_odds, found.high_log_odds) == pytest.approx((expected, expected), abs=1e-12)
        assert found.state.rev == rev


@pytest.mark.parametrize(("odds_ratio", "quality"), [(1.02, "approximate"), (1.3, "unreliable")])
async def test_on_a_twin_too_wide_to_be_exact_the_truth_lies_within(
    world: World, intervals: Intervals, odds_ratio: float, quality: str
) -> None:
    await world.book.publish(world.caller, wide.catalog(odds_ratio))
    told, other = (key(name) for name in wide.NAMES[:2])
    await world.commands.correct(world.caller, Correct(twin="lena", belief=told, holds=True))
    for belief, truth in zip((told, other), wide.truth(odds_ratio, CORRECTION_LOG_ODDS), strict=True):
        found = await intervals.interval(world.caller, "lena", belief)
        assert found.low_log_odds is not None
        assert found.high_log_odds is not None
        assert found.low_log_odds <= truth <= found.high_log_odds
        assert (found.state.quality, found.pinned) == (quality, None)


async def test_a_correction_by_the_person_bounds_it_on_their_side(world: World, intervals: Intervals) -> None:
    await world.book.publish(world.caller, wide.catalog(1.3))
    belief = key(wide.NAMES[0])
    await world.commands.correct(world.caller, Correct(twin="omar", belief=belief, holds=False))
    others = await intervals.interval(world.caller, "omar", belief)
    assert others.high_log_odds is not None
    assert others.high_log_odds > -PINNED  # somebody else's correction gives way to what relations carry

    await world.commands.correct(world.person("lena"), Correct(twin="lena", belief=belief, holds=False))
    persons = await intervals.interval(world.caller, "lena", belief)
    assert persons.high_log_odds == persons.pinned_log_odds == -PINNED
    assert persons.low_log_odds == others.low_log_odds
    assert persons.state.log_odds is not None
    assert persons.state.log_odds <= -PINNED


async def test_beside_an_effect_of_several_causes_none_is_known(world: World, intervals: Intervals) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0)])
    assert (await intervals.interval(world.caller, "lena", BUYS)).reason is None
    await world.commands.relate(
        world.caller,
        Relate(twin="lena", source=key("world.alone"), target=BUYS, kind="causes", odds_ratio=2.0),
    )
    found = await intervals.interval(world.caller, "lena", BUYS)
    assert (found.low, found.high, found.reason) == (None, None, "several_causes")
    ask = Questions(world.graph, world.keyring, world.book)
    then = (await ask.belief(world.caller, "lena", BUYS, as_of=AsOf(rev=2))).state
    assert found.state == then.model_copy(
        update={"apart": None}
    )  # the same, but for the id of what was asked as of then


async def test_beside_values_none_is_known(world: World, intervals: Intervals) -> None:
    await world.book.publish(world.caller, values.CATALOG)
    for belief in (key("person.chooses"), BeliefKey(attribute="person.role", value="lead")):
        await world.commands.correct(world.caller, Correct(twin="lena", belief=belief, holds=True))
        found = await intervals.interval(world.caller, "lena", belief)
        assert (found.low, found.high, found.reason) == (None, None, "values")
        assert found.state.confidence is not None


@pytest.mark.parametrize(
    ("belief", "code"),
    [
        (key("world.nothing"), "unknown-attribute"),
        (BeliefKey(attribute="person.city", value="Ghent"), "unknown-value"),
        (BeliefKey(attribute="person.role", value="pilot"), "unknown-value"),
    ],
)
async def test_a_belief_that_has_no_answer_has_no_interval(
    world: World, intervals: Intervals, belief: BeliefKey, code: str
) -> None:
    await world.book.publish(world.caller, values.CATALOG)
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    with pytest.raises(BeliefgraphError) as refused:
        await intervals.interval(world.caller, "lena", belief)
    assert refused.value.code == code


async def test_a_persons_key_gets_no_interval_of_another(world: World, intervals: Intervals) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.0)])
    with pytest.raises(BeliefgraphError) as refused:
        await intervals.interval(world.person("omar"), "lena", key("world.alone"))
    assert refused.value.code == "not-found"
