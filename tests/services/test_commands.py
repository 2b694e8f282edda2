"""Commands: each counts once, is refused whole, and says what it did."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from pydantic import ValidationError
from tests.reading import held, log_odds, refusal, rows, stored
from tests.world import START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import logit
from beliefgraph.model.command import AssertBelief, Correct, Relate, Retract, Withdraw
from beliefgraph.model.relation import RelationKind
from beliefgraph.services.derivation.grid import published

ALONE = key("world.alone")


def sure(confidence: float, **more: object) -> AssertBelief:
    return AssertBelief.model_validate({"twin": "lena", "belief": ALONE, "confidence": confidence, **more})


async def test_an_assertion_moves_the_belief_to_what_was_stated(world: World) -> None:
    receipt = await world.commands.assert_belief(world.caller, sure(0.9, belief=key("needs.urgent")))
    assert (receipt.status, receipt.rev) == ("accepted", 1)
    assert held(await stored(world), "needs.urgent") == published(logit(0.9))
    await world.commands.assert_belief(world.caller, sure(0.9, belief=key("needs.urgent"), speaker="another"))
    twice = logit(0.3) + 2 * (logit(0.9) - logit(0.3))
    assert held(await stored(world), "needs.urgent") == published(twice)


@pytest.mark.parametrize("stated", [0.0, 1.0])
async def test_nobody_is_certain(world: World, stated: float) -> None:
    """A stated 0 or 1 counts as 1 in 10,000 short of it."""
    await world.commands.assert_belief(world.caller, sure(stated))
    assert abs(held(await stored(world), "world.alone") or 0) == published(logit(0.9999))


async def test_a_command_sent_twice_under_one_id_counts_once_in_every_process(world: World) -> None:
    command = sure(0.8, id="once")
    first = await world.commands.assert_belief(world.caller, command)
    again = await world.another().commands.assert_belief(world.caller, command)
    late = await world.commands.assert_belief(world.caller, command.model_copy(update={"expected_rev": 0}))
    assert [(r.status, r.rev) for r in (first, again, late)] == [("accepted", 1), ("duplicate", 1), ("duplicate", 1)]


async def test_an_id_used_for_another_command_is_a_conflict(world: World) -> None:
    await world.commands.assert_belief(world.caller, sure(0.8, id="once"))
    before = rows(await stored(world))
    assert await refusal(world.commands.assert_belief(world.caller, sure(0.7, id="once"))) == "event-conflict"
    correct = Correct(twin="lena", id="once", belief=ALONE, holds=True)
    assert await refusal(world.commands.correct(world.caller, correct)) == "event-conflict"
    assert rows(await stored(world)) == before


async def test_without_an_id_every_command_is_new(world: World) -> None:
    for expected in (published(1.39), published(2.77)):  # ln 4 each
        await world.commands.assert_belief(world.caller, sure(0.8))
        assert held(await stored(world), "world.alone") == expected


@pytest.mark.parametrize("expected", [0, 2, 7])
async def test_a_command_that_expects_another_rev_is_refused_with_the_current_one(world: World, expected: int) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    before = rows(await stored(world))
    with pytest.raises(BeliefgraphError) as refused:
        await world.commands.assert_belief(world.caller, sure(0.8, expected_rev=expected))
    assert refused.value.code == "rev-conflict"
    assert (refused.value.ids["expected"], refused.value.ids["actual"]) == (expected, 1)
    assert rows(await stored(world)) == before
    assert (await world.commands.assert_belief(world.caller, sure(0.8, expected_rev=1))).rev == 2


async def test_commands_about_nothing_are_refused(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    before = rows(await stored(world))
    commands, caller, ahead = world.commands, world.caller, world.clock.now() + timedelta(minutes=6)
    codes = [
        await refusal(commands.assert_belief(caller, sure(0.5, belief=key("no.such")))),
        await refusal(commands.correct(caller, Correct(twin="lena", belief=key("no.such"), holds=True))),
        await refusal(commands.retract(caller, Retract(twin="lena", belief=key("needs.budget")))),
        await refusal(commands.retract(caller, Retract(twin="lena", relation="no such"))),
        await refusal(commands.withdraw(caller, Withdraw(twin="lena", evidence="no such"))),
        await refusal(commands.withdraw(caller, Withdraw(twin="lena", source="nobody"))),
        await refusal(commands.withdraw(caller, Withdraw(twin="nobody", source="nobody"))),
        await refusal(commands.assert_belief(caller, sure(0.5, valid_time=ahead))),
        await refusal(commands.correct(caller, Correct(twin="lena", belief=ALONE, holds=True, valid_from=ahead))),
        await refusal(
            commands.correct(caller, Correct(twin="lena", belief=ALONE, holds=True, valid_from=START, valid_to=START))
        ),
    ]
    assert codes == ["unknown-attribute"] * 2 + ["not-found"] * 5 + ["invalid-input"] * 2 + ["invalid-interval"]
    assert rows(await stored(world)) == before
    assert (await stored(world, "nobody")).rev == 0


@pytest.mark.parametrize("confidence", [math.nan, math.inf, -0.01, 1.01])
def test_an_invalid_confidence_cannot_be_stated(confidence: float) -> None:
    with pytest.raises(ValidationError):
        sure(confidence)


def test_retracting_and_withdrawing_name_one_thing() -> None:
    for make in (
        lambda: Retract(twin="lena"),
        lambda: Retract(twin="lena", belief=ALONE, relation="r"),
        lambda: Withdraw(twin="lena"),
        lambda: Withdraw(twin="lena", evidence="e", source="s"),
    ):
        with pytest.raises(BeliefgraphError) as refused:
            make()
        assert refused.value.code == "invalid-input"


async def test_all_of_a_source_is_withdrawn_and_nothing_else(world: World) -> None:
    events = [rated("1", 1.0, by="gossip"), rated("2", 0.5, by="a friend"), rated("3", 1.0, day=1, by="gossip")]
    await world.intake.observe(world.caller, events)
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", source="gossip"))
    state = await stored(world)
    assert held(state, "world.alone") == published(0.5)
    assert state.head_time == START + timedelta(days=1)  # taking back what was said does not turn back the clock
    assert await log_odds(world, "world.alone", rev=1) == 2.5
    again = Withdraw(twin="lena", source="gossip")
    assert await refusal(world.commands.withdraw(world.caller, again)) == "not-found"


# Relations of a twin's own.


def relate(source: str, kind: RelationKind, target: str, **more: object) -> Relate:
    given: dict[str, object] = {"twin": "lena", "source": key(source), "kind": kind, "target": key(target), **more}
    return Relate.model_validate(given)


async def test_a_relation_carries_evidence_while_it_holds(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 3.0), rated("2", 0.5, day=9)])
    command = relate(
        "world.alone",
        "supports",
        "needs.budget",
        odds_ratio=5.0,
        valid_from=START + timedelta(days=2),
        valid_to=START + timedelta(days=4),
    )
    receipt = await world.commands.relate(world.caller, command)
    assert receipt.status == "accepted"
    prior = logit(0.4)
    moved = [await log_odds(world, "needs.budget", at=START + timedelta(days=n)) for n in (1, 2, 3.99, 4)]
    assert moved[0] == moved[3] == pytest.approx(prior, abs=1e-9)
    assert moved[1] == moved[2] > prior + 0.3


async def test_a_relation_is_ended_by_its_key(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 3.0), rated("2", 0.5, day=9)])
    command = relate("world.alone", "excludes", "needs.budget", valid_from=START)
    await world.commands.relate(world.caller, command)
    (row,) = [r for r in (await stored(world)).relations if r.origin == "provided"]
    end = Retract(twin="lena", relation=row.key, valid_time=START + timedelta(days=5))
    await world.commands.retract(world.caller, end)
    before, after = [await log_odds(world, "needs.budget", at=START + timedelta(days=n)) for n in (4.99, 5)]
    assert before < after == pytest.approx(logit(0.4), abs=1e-9)
    assert await refusal(world.commands.retract(world.caller, end)) == "not-found"


async def test_relations_that_cannot_hold_together_are_refused_and_nothing_is_written(world: World) -> None:
    await world.intake.observe(world.caller, [event("1")])
    await world.commands.relate(world.caller, relate("world.alone", "causes", "needs.budget", odds_ratio=2.0))
    before = rows(await stored(world))
    codes = [
        await refusal(world.commands.relate(world.caller, refused))
        for refused in (
            relate("needs.budget", "causes", "world.alone", odds_ratio=2.0),
            # half of the time it stands alone, and then nine times of ten urgently: more than the three of ten stated
            relate("world.alone", "implies", "needs.urgent", probability=0.9),
            relate("world.alone", "supports", "world.alone", odds_ratio=2.0),
            relate("world.alone", "supports", "needs.urgent"),
            relate("world.alone", "supports", "needs.urgent", odds_ratio=0.5),
            relate("world.alone", "contradicts", "needs.urgent", odds_ratio=2.0),
            relate("world.alone", "supports", "no.such", odds_ratio=2.0),
        )
    ]
    assert codes == ["cyclic-causes", "infeasible-statements", *["invalid-input"] * 4, "unknown-attribute"]
    assert rows(await stored(world)) == before


async def test_what_cannot_be_in_the_past_is_refused_too(world: World) -> None:
    """The relation would be over by now; as-of reads of its days must still have an answer."""
    await world.intake.observe(world.caller, [rated("1", 1.0, day=9)])
    days: dict[str, object] = {"valid_from": START, "valid_to": START + timedelta(days=2)}
    await world.commands.relate(world.caller, relate("world.alone", "causes", "needs.budget", odds_ratio=2.0, **days))
    back = relate("needs.budget", "causes", "world.alone", odds_ratio=2.0, **days)
    assert await refusal(world.commands.relate(world.caller, back)) == "cyclic-causes"
