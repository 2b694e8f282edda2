"""The person's word: what it overrides, what it does not, and who may touch it."""

from __future__ import annotations

import math
from collections.abc import Awaitable
from datetime import datetime, timedelta

import pytest
from tests.reading import held, log_odds, refusal, rows, status, stored
from tests.world import CATALOG, START, World, event, key, rated

from beliefgraph.model.belief import BeliefKey, probability
from beliefgraph.model.caller import Caller
from beliefgraph.model.command import AssertBelief, Correct, Relate, Retract, Withdraw
from beliefgraph.model.identity import event_id, evidence_id, source_id
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.relation import RelationKind
from beliefgraph.services.commands.commands import SOURCE
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.explanation.explain import Explanations

TICK = timedelta(microseconds=1)
ALONE = key("world.alone")


def day(n: float) -> datetime:
    return START + timedelta(days=n)


async def correct(
    world: World,
    holds: bool,
    start: float | None = None,
    stop: float | None = None,
    *,
    by: Caller | None = None,
    belief: BeliefKey = ALONE,
    id_: str | None = None,
) -> Receipt:
    """A correction, by the person unless somebody else is named."""
    return await world.commands.correct(
        by or world.person("lena"),
        Correct(
            twin="lena",
            id=id_,
            belief=belief,
            holds=holds,
            valid_from=None if start is None else day(start),
            valid_to=None if stop is None else day(stop),
        ),
    )


def evidence(world: World, command: str, by: str = "person:lena") -> str:
    """The id of the evidence that a command of that id brought."""
    tenant = world.caller.tenant
    twin = world.updater.name(world.caller, "lena", "write").id
    return evidence_id(event_id(twin, SOURCE, command), source_id(tenant, by))


def carry_out(world: World, by: Caller, command: Correct | Retract | Withdraw) -> Awaitable[Receipt]:
    match command:
        case Correct():
            return world.commands.correct(by, command)
        case Retract():
            return world.commands.retract(by, command)
        case Withdraw():
            return world.commands.withdraw(by, command)


async def test_no_later_inference_overrides_the_person(world: World) -> None:
    await correct(world, False, 1)
    await world.intake.observe(world.caller, [rated(str(n), 3.0, day=n, by=f"witness {n}") for n in range(2, 30)])
    await world.commands.assert_belief(world.caller, AssertBelief(twin="lena", belief=ALONE, confidence=1.0))
    state = await stored(world)
    assert held(state, "world.alone") == published(-12.0)
    assert status(state, "world.alone") == "established"
    assert len(state.bearings) == 30  # heard, and kept


async def test_no_relation_moves_a_correction_visibly(world: World) -> None:
    await correct(world, False, 0, belief=key("world.buys"))
    await world.intake.observe(world.caller, [event(str(n), "priced", day=n) for n in range(20)])
    await correct(world, True, 20, belief=key("needs.urgent"))
    buys = held(await stored(world), "world.buys")
    assert buys is not None
    assert probability(buys) < 0.01


async def test_no_evidence_of_others_reverses_a_correction_by_the_person(world: World) -> None:
    """Nine relations as strong as can be, to beliefs that an operator set right the other way."""
    await correct(world, False, 0)
    for n in range(9):
        other = BeliefKey(attribute="needs.budget", subject=f"quarter {n}")
        await correct(world, True, 0, by=world.caller, belief=other)
        await world.commands.relate(
            world.caller,
            Relate(twin="lena", source=other, target=ALONE, kind="supports", odds_ratio=1e6, valid_from=day(0)),
        )
    assert held(await stored(world), "world.alone") == published(-7.0)
    explained = await Explanations(world.graph, world.keyring, world.book).explain(world.caller, "lena", ALONE)
    assert explained.state.log_odds == -7.0
    left = {c.source: c.without for c in explained.contributions}
    assert left["person:lena"] > 0.99
    assert left["test"] == probability(-7.0)


async def test_a_prior_does_not_outweigh_a_correction_by_the_person(world: World) -> None:
    await correct(world, False, 0)
    attributes = tuple(a.model_copy(update={"prior": 1 - 1e-9}) for a in CATALOG.attributes if a.key == ALONE.attribute)
    others = tuple(a for a in CATALOG.attributes if a.key != ALONE.attribute)
    sure = CATALOG.model_copy(update={"version": "1.1.0", "attributes": (*others, *attributes)})
    await world.book.publish(world.caller, sure)
    await world.intake.observe(world.caller, [rated("1", 1.0, day=1)])
    assert held(await stored(world), "world.alone") == published(-7.0)


async def test_the_same_events_again_change_nothing_about_a_correction(world: World) -> None:
    events = [rated(str(n), 2.0, day=n) for n in range(3)]
    await world.intake.observe(world.caller, events)
    await correct(world, False)
    before = rows(await stored(world))
    receipts = await world.intake.observe(world.caller, events)
    assert {r.status for r in receipts} == {"duplicate"}
    assert rows(await stored(world)) == before


async def test_outside_its_interval_the_evidence_counts(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 0.5, day=0), rated("2", 0.25, day=3), rated("3", 1.0, day=9)])
    await correct(world, False, 2, 5)
    said = [await log_odds(world, "world.alone", at=day(n)) for n in (1, 2, 3, 4.9, 5, 9)]
    assert said == [0.5, -12.0, -12.0, -12.0, 0.75, 1.75]
    assert held(await stored(world), "world.alone") == published(1.75)


async def test_of_two_corrections_the_second_counts_and_without_it_the_first_again(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 0.5, day=0)])
    await correct(world, True, 2, id_="first")
    await correct(world, False, 2, id_="second")
    assert held(await stored(world), "world.alone") == published(-12.0)

    person = world.person("lena")
    await world.commands.withdraw(person, Withdraw(twin="lena", evidence=evidence(world, "second")))
    assert held(await stored(world), "world.alone") == published(12.0)
    await world.commands.withdraw(person, Withdraw(twin="lena", evidence=evidence(world, "first")))
    assert held(await stored(world), "world.alone") == published(0.5)


async def test_a_correction_inside_another_and_one_that_ends_before_it(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 0.5, day=0)])
    await correct(world, True, 1)
    await correct(world, False, 3, 5)
    assert [await log_odds(world, "world.alone", at=day(n)) for n in (0, 1, 3, 4, 5, 8)] == [0.5, 12, -12, -12, 12, 12]


async def test_a_late_open_correction_yields_to_a_later_one_and_then_the_evidence_counts(world: World) -> None:
    """Stated last, of an earlier day: it holds up to the one that was stated of days 5 to 6."""
    await world.intake.observe(world.caller, [rated("1", 0.5, day=0)])
    await correct(world, True, 5, 6)
    await correct(world, False, 1)
    assert [await log_odds(world, "world.alone", at=day(n)) for n in (0, 1, 4, 5, 6, 9)] == [
        0.5,
        -12,
        -12,
        12,
        0.5,
        0.5,
    ]


@pytest.mark.parametrize(
    ("kind", "odds_ratio"), [("excludes", None), ("excludes", 1e-6), ("contradicts", 0.2), ("contradicts", 1e-6)]
)
async def test_two_corrections_that_clash_both_stand_and_no_probability_becomes_zero(
    world: World, kind: RelationKind, odds_ratio: float | None
) -> None:
    other = key("product.fits")
    relate = Relate(twin="lena", source=ALONE, target=other, kind=kind, odds_ratio=odds_ratio)
    await world.commands.relate(world.caller, relate)
    await correct(world, True, 0)
    await correct(world, True, 0, belief=other)
    for attribute in ("world.alone", "product.fits"):
        exact = await log_odds(world, attribute)
        assert math.isfinite(exact)
        assert 0.0 < probability(exact) < 1.0
        assert status(await stored(world), attribute) == "established"
    both = (await log_odds(world, "world.alone"), await log_odds(world, "product.fits"))
    if odds_ratio != 1e-6:
        assert min(both) > 5  # e^12 against an odds ratio of a hundredth: both still hold
    assert len([b for b in (await stored(world)).bearings if b.stance == "correction"]) == 2


# Who may.


async def test_an_operator_cannot_override_a_correction_by_the_person(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 0.5, day=0)])
    await correct(world, True, 2, 6, id_="mine")
    operator = world.caller
    over: list[Correct | Retract | Withdraw] = [
        Correct(twin="lena", belief=ALONE, holds=False, valid_from=day(1)),
        Correct(twin="lena", belief=ALONE, holds=False, valid_from=day(1), valid_to=day(2) + TICK),
        Correct(twin="lena", belief=ALONE, holds=False, valid_from=day(6) - TICK),
        Retract(twin="lena", belief=ALONE, valid_time=day(3)),
        Retract(twin="lena", belief=ALONE, valid_time=day(1)),
        Withdraw(twin="lena", evidence=evidence(world, "mine")),
        Withdraw(twin="lena", source="person:lena"),
    ]
    before = rows(await stored(world))
    codes = [await refusal(carry_out(world, operator, command)) for command in over]
    assert codes == ["correction-stands"] * len(over)
    assert rows(await stored(world)) == before
    assert await log_odds(world, "world.alone", at=day(4)) == 12.0


async def test_an_operator_may_correct_other_beliefs_and_the_person_may_override_the_operator(world: World) -> None:
    await correct(world, True, 2, 6)
    await correct(world, False, 0, 2, by=world.caller)
    await correct(world, False, 6, by=world.caller)
    assert [await log_odds(world, "world.alone", at=day(n)) for n in (0, 2, 5, 6)] == [-12, 12, 12, -12]
    await correct(world, True, 0)
    assert [await log_odds(world, "world.alone", at=day(n)) for n in (0, 1)] == [12, 12]


async def test_an_operator_may_correct_and_withdraw_their_own(world: World) -> None:
    await correct(world, True, 0, by=world.caller, id_="ours")
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", evidence=evidence(world, "ours", "test")))
    assert held(await stored(world), "world.alone") is None


async def test_a_persons_name_alone_does_not_authorize_as_the_person(world: World) -> None:
    """Neither as an actor called like the person's source, nor as a speaker."""
    impostor = world.caller.model_copy(update={"actor": "person:lena"})
    await correct(world, True, 1)
    command = Correct(twin="lena", belief=ALONE, holds=False, valid_from=day(0))
    assert await refusal(world.commands.correct(impostor, command)) == "correction-stands"
    assert await refusal(correct(world, False, 0, by=impostor, belief=key("needs.budget"))) == "invalid-input"
    said = AssertBelief(twin="lena", belief=key("needs.urgent"), confidence=0.9, speaker="person:lena")
    assert await refusal(world.commands.assert_belief(world.caller, said)) == "invalid-input"
    reading = said.model_copy(update={"speaker": "metric:visits"})
    assert await refusal(world.commands.assert_belief(world.person("lena"), reading)) == "invalid-input"
    for spelled in ("Person:lena", "person\uff1alena", "per\u200bson:lena", "METRIC:visits"):
        alike = said.model_copy(update={"speaker": spelled})
        assert await refusal(world.commands.assert_belief(world.caller, alike)) == "invalid-input", spelled
    own = await world.commands.assert_belief(world.person("lena"), said)
    assert own.status == "accepted"


async def test_an_event_may_name_a_person_as_source_only_with_their_own_key(world: World) -> None:
    """Whoever the event is about, and whether its source or a rule names the person."""
    for n, twin in enumerate(("lena", "omar")):
        posing = [
            rated(f"{n}", 1.0, by="person:lena", twin=twin),
            event(f"priced {n}", twin=twin).model_copy(update={"source": "person:lena"}),
        ]
        receipts = await world.intake.observe(world.caller, posing)
        assert [(r.status, r.code) for r in receipts] == [("quarantined", "invalid-input")] * 2
    (receipt,) = await world.intake.observe(world.person("lena"), [rated("own", 1.0, by="person:lena")])
    assert receipt.status == "accepted"


async def test_a_person_reaches_no_other_twin(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 0.5)])
    assert await refusal(correct(world, True, by=world.person("omar"))) == "not-found"
    reader = world.person("lena").model_copy(update={"scopes": ("read", "write")})
    assert await refusal(correct(world, True, by=reader)) == "missing-scope"


# Retracting.


async def test_retracting_right_after_the_event_ends_the_belief(world: World) -> None:
    """Nobody said when, so both have the moment of the event."""
    await world.intake.observe(world.caller, [rated("1", 2.5, day=3)])
    await world.commands.retract(world.caller, Retract(twin="lena", belief=ALONE))
    state = await stored(world)
    assert (held(state, "world.alone"), status(state, "world.alone")) == (published(0.0), "retracted")
    assert await log_odds(world, "world.alone", at=day(3) - TICK) == 0.0  # it had not begun
    assert len(state.bearings) == 2


async def test_a_retracted_belief_keeps_its_past_and_comes_back_with_something_newer(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.5, day=1)])
    await world.commands.retract(world.caller, Retract(twin="lena", belief=ALONE, valid_time=day(4)))
    assert await log_odds(world, "world.alone", at=day(4) - TICK) == 2.5
    assert await log_odds(world, "world.alone", at=day(4)) == 0.0
    await world.intake.observe(world.caller, [rated("late", 1.0, day=2)])
    assert status(await stored(world), "world.alone") == "retracted"
    await world.intake.observe(world.caller, [rated("new", 0.75, day=5)])
    state = await stored(world)
    assert (held(state, "world.alone"), status(state, "world.alone")) == (published(0.75), "forming")


async def test_evidence_after_a_retraction_counts_even_at_its_moment(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.5, day=1)])
    await world.commands.retract(world.person("lena"), Retract(twin="lena", belief=ALONE))
    await world.commands.assert_belief(world.caller, AssertBelief(twin="lena", belief=ALONE, confidence=0.75))
    assert held(await stored(world), "world.alone") == published(1.1)  # ln 3 = 1.0986
    await correct(world, False)
    assert held(await stored(world), "world.alone") == published(-12.0)


async def test_withdrawing_a_retraction_brings_everything_back(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.5, day=1)])
    await world.commands.retract(world.caller, Retract(twin="lena", id="end", belief=ALONE))
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", evidence=evidence(world, "end", "test")))
    state = await stored(world)
    assert (held(state, "world.alone"), status(state, "world.alone")) == (published(2.5), "established")
