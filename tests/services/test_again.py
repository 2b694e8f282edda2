"""What was withdrawn may come again, and counts then as if it had never been taken back."""

from __future__ import annotations

import asyncio

import pytest
from tests.reading import alike, derived, held, refusal, stored
from tests.services.test_identify import CRM, PHONE, by, identify
from tests.world import START, World, event, key, rated

from beliefgraph.model.command import AssertBelief, Unidentify, Withdraw
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.time import AsOf
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.questions.beliefs import Questions

ALONE = key("world.alone")


async def observe(world: World, *events: Event) -> list[str]:
    return [receipt.status for receipt in await world.intake.observe(world.caller, events)]


async def withdraw(world: World, id_: str, source: str = "test") -> None:
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id=id_, source=source)))


def ask(world: World) -> Questions:
    return Questions(world.graph, world.keyring, world.book)


async def log_odds(world: World, as_of: AsOf) -> float | None:
    return (await ask(world).belief(world.caller, "lena", ALONE, as_of=as_of)).state.log_odds


async def chain(world: World) -> list[str]:
    return [row.evidence.id for row in (await ask(world).evidence(world.caller, "lena", ALONE)).nodes]


async def test_a_withdrawn_event_that_is_sent_again_is_taken_in_as_evidence_of_the_same_id(world: World) -> None:
    sent = rated("1", 2.0)
    await observe(world, sent, rated("2", 0.5, day=1))
    before = await chain(world)
    await withdraw(world, "1")
    assert await observe(world, sent, sent) == ["accepted", "duplicate"]
    assert await observe(world, sent) == ["duplicate"]
    assert await chain(world) == before
    assert held(await stored(world), "world.alone") == published(2.5)
    assert [await log_odds(world, AsOf(rev=rev)) for rev in (1, 2, 3)] == pytest.approx([2.5, 0.5, 2.5])
    await withdraw(world, "1")
    assert held(await stored(world), "world.alone") == published(0.5)
    assert await observe(world.another(), sent) == ["accepted"]  # what another process withdrew
    assert held(await stored(world), "world.alone") == published(2.5)


async def test_it_comes_back_with_the_same_rows_as_in_a_twin_that_never_withdrew_it(world: World) -> None:
    events = [rated("1", 2.0), event("2", day=1), rated("3", -0.5, day=2, by="another")]
    await observe(world, *events)
    await withdraw(world, "2")
    await observe(world, events[1])
    await observe(world, *(each.model_copy(update={"twin": "never"}) for each in events))
    back, never = await stored(world), await stored(world, "never")
    assert alike(await derived(world, back), await derived(world, never))


async def test_with_another_body_it_is_still_a_conflict(world: World) -> None:
    await observe(world, rated("1", 2.0))
    await withdraw(world, "1")
    assert await observe(world, rated("1", 1.0)) == ["conflict"]
    assert held(await stored(world), "world.alone") is None


async def test_an_expected_rev_holds_for_what_comes_again(world: World) -> None:
    await observe(world, rated("1", 2.0))
    await withdraw(world, "1")
    again = world.intake.observe(world.caller, [rated("1", 2.0)], expected_rev=1)
    assert await refusal(again) == "rev-conflict"
    (receipt,) = await world.intake.observe(world.caller, [rated("1", 2.0)], expected_rev=2)
    assert (receipt.status, receipt.rev) == ("accepted", 3)


async def test_it_is_taken_in_once_by_two_processes_at_once(world: World) -> None:
    await observe(world, rated("1", 2.0))
    await withdraw(world, "1")
    both = await asyncio.gather(*(observe(each, rated("1", 2.0)) for each in (world, world.another())))
    assert sorted(status for (status,) in both) == ["accepted", "duplicate"]
    assert held(await stored(world), "world.alone") == published(2.0)


async def test_a_withdrawn_command_that_is_sent_again_counts_again(world: World) -> None:
    said = AssertBelief(twin="lena", id="a", belief=key("needs.budget"), confidence=0.9, valid_time=START)
    await world.commands.assert_belief(world.caller, said)
    before = held(await stored(world), "needs.budget")
    await world.commands.withdraw(world.caller, Withdraw(twin="lena", event=EventName(id="a")))
    assert held(await stored(world), "needs.budget") != before
    assert (await world.commands.assert_belief(world.caller, said)).status == "accepted"
    assert held(await stored(world), "needs.budget") == before
    assert (await world.commands.assert_belief(world.caller, said)).status == "duplicate"


async def test_what_was_erased_does_not_come_again(world: World) -> None:
    await observe(world, rated("1", 2.0), rated("2", 1.0))
    await withdraw(world, "1")
    await world.eraser.erase_twin(world.caller, "lena")
    await world.eraser.readmit(world.caller, "lena")
    assert await observe(world, rated("1", 2.0), rated("2", 1.0)) == ["duplicate", "duplicate"]


async def test_identifying_again_brings_back_what_came_by_the_link(world: World) -> None:
    await identify(world, "lena", PHONE)
    await observe(world, by(rated("1", 2.0), PHONE), by(event("2"), PHONE), rated("3", 0.5))
    before = await stored(world)
    await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=PHONE))
    assert held(await stored(world), "world.alone") == published(0.5)
    assert {each.code for each in await world.intake.quarantine(world.caller, limit=10)} == {"unknown-identifier"}
    receipt = await identify(world, "lena", PHONE)
    assert {change.belief.attribute for change in receipt.beliefs} >= {"world.alone", "needs.budget"}
    assert alike(await derived(world, await stored(world)), await derived(world, before))
    assert await world.intake.quarantine(world.caller, limit=10) == []


async def test_what_came_by_a_wrong_link_goes_to_whom_the_identifier_leads_next(world: World) -> None:
    await identify(world, "lena", PHONE)
    await observe(world, by(rated("1", 2.0), PHONE))
    await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=PHONE))
    await identify(world, "omar", PHONE)
    assert held(await stored(world, "omar"), "world.alone") == published(2.0)
    assert held(await stored(world), "world.alone") is None


async def test_what_another_identifier_leads_to_the_twin_too_is_not_lost(world: World) -> None:
    await identify(world, "lena", PHONE)
    await identify(world, "lena", CRM)
    await observe(world, by(rated("1", 2.0), PHONE, CRM))
    for undone in (PHONE, CRM):
        receipt = await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=undone))
        state = await stored(world)
        assert receipt.rev == state.rev
        assert held(state, "world.alone") == (published(2.0) if undone == PHONE else None)


async def test_what_was_withdrawn_by_itself_stays_so_when_a_link_is_made_again(world: World) -> None:
    await identify(world, "lena", PHONE)
    await observe(world, by(rated("1", 2.0), PHONE), by(rated("2", 1.0), PHONE))
    await withdraw(world, "1")
    await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=PHONE))
    await identify(world, "lena", PHONE)
    assert held(await stored(world), "world.alone") == published(1.0)


async def test_an_event_without_a_time_comes_back_too(world: World) -> None:
    await identify(world, "lena", PHONE)
    sent = by(rated("1", 2.0), PHONE).as_untimed()
    assert await observe(world, sent) == ["accepted"]
    await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=PHONE))
    await identify(world, "lena", PHONE)
    assert held(await stored(world), "world.alone") == published(2.0)
