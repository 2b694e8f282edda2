"""Identifiers: how they lead events to a twin, and how that is undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.reading import alike, derived, held, refusal, rows, stored
from tests.world import START, World, event, key, rated

from beliefgraph.model.command import AssertBelief, Identify, Unidentify
from beliefgraph.model.event import Event
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.twin import Identifier
from beliefgraph.services.derivation.grid import published

TICK = timedelta(microseconds=1)
PHONE = Identifier(scheme="device", value="a phone")
CRM = Identifier(scheme="crm", value="0042")


def by(sent: Event, *identifiers: Identifier) -> Event:
    """The same event, which names no twin but carries identifiers."""
    return sent.model_copy(update={"twin": None, "identifiers": identifiers})


async def observe(world: World, *events: Event) -> list[tuple[str, str | None, str | None]]:
    """What became of each: status, code and twin."""
    return [(r.status, r.code, r.twin) for r in await world.intake.observe(world.caller, events)]


async def identify(
    world: World, twin: str, identifier: Identifier, start: float | None = None, stop: float | None = None
) -> Receipt:
    """Link it, since always or over some days."""
    command = Identify(
        twin=twin,
        identifier=identifier,
        valid_from=None if start is None else START + timedelta(days=start),
        valid_to=None if stop is None else START + timedelta(days=stop),
    )
    return await world.commands.identify(world.caller, command)


async def test_an_event_by_an_unknown_identifier_waits_and_is_taken_in_once_it_is_linked(world: World) -> None:
    assert await observe(world, by(rated("1", 1.0), PHONE)) == [("quarantined", "unknown-identifier", None)]
    assert (await stored(world)).rev == 0

    receipt = await identify(world, "lena", PHONE)

    assert receipt.rev == 2
    assert "world.alone" in {change.belief.attribute for change in receipt.beliefs}
    assert held(await stored(world), "world.alone") == published(1.0)
    assert await world.intake.quarantine(world.caller, limit=10) == []


async def test_an_identifier_leads_within_its_interval_alone(world: World) -> None:
    await identify(world, "lena", PHONE, 1, 3)
    await identify(world, "omar", PHONE, 3, 5)
    moments = {0: None, 1: "lena", 3: "omar", 5: None}
    for day, twin in moments.items():
        at = rated(f"at {day}", 0.25, day=day)
        before = at.model_copy(update={"id": f"before {day}", "time": at.time - TICK})
        ((_, _, found),) = await observe(world, by(at, PHONE))
        assert found == twin
        ((_, _, found),) = await observe(world, by(before, PHONE))
        assert found == moments.get(day - 2, None if day < 2 else twin)


async def test_an_event_whose_identifiers_disagree_is_set_aside(world: World) -> None:
    await identify(world, "lena", PHONE)
    await identify(world, "omar", CRM)
    assert await observe(world, by(rated("1", 1.0), PHONE, CRM)) == [("quarantined", "ambiguous-identifier", None)]
    assert await observe(world, by(rated("2", 1.0))) == [("quarantined", "no-twin", None)]
    assert await observe(world, by(rated("3", 1.0), PHONE, Identifier(scheme="new", value="x"))) == [
        ("accepted", None, "lena")
    ]


async def test_the_same_event_by_name_and_by_identifier_is_one(world: World) -> None:
    await identify(world, "lena", PHONE)
    sent = rated("1", 1.0)
    assert [s for s, _, _ in await observe(world, sent, by(sent, PHONE))] == ["accepted", "duplicate"]
    assert held(await stored(world), "world.alone") == published(1.0)


async def test_undoing_an_identifier_withdraws_what_came_by_it_as_if_it_never_had(world: World) -> None:
    await identify(world, "lena", PHONE)
    await identify(world, "lena", CRM)
    await observe(
        world,
        rated("named", 0.5, day=1),
        by(rated("by phone", 2.0, day=2), PHONE),
        by(event("prices", "priced", day=3), PHONE),
        by(rated("by crm", -0.75, day=4), CRM),
    )
    await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=PHONE))

    await identify(world, "never", CRM.model_copy(update={"value": "another"}))
    await observe(world, rated("n", 0.5, day=1, twin="never"), rated("c", -0.75, day=4, twin="never"))
    undone, never = await stored(world), await stored(world, "never")
    assert alike(await derived(world, undone), await derived(world, never))
    assert held(undone, "world.alone") == published(-0.25)
    assert len(undone.links) == 1
    assert await observe(world, by(rated("late", 1.0, day=5), PHONE)) == [("quarantined", "unknown-identifier", None)]


async def test_an_identifier_that_is_taken_is_free_again_once_undone(world: World) -> None:
    await identify(world, "lena", PHONE, 0, 10)
    assert await refusal(identify(world, "omar", PHONE, 9)) == "identifier-taken"
    assert (await stored(world, "omar")).rev == 0
    assert (await identify(world, "omar", PHONE, 10)).status == "accepted"
    await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=PHONE))
    assert (await identify(world, "omar", PHONE, 0, 10)).status == "accepted"


async def test_undoing_what_is_not_linked_is_refused_and_changes_nothing(world: World) -> None:
    await observe(world, rated("1", 1.0))
    before = rows(await stored(world))
    undo = Unidentify(twin="lena", identifier=PHONE)
    assert await refusal(world.commands.unidentify(world.caller, undo)) == "not-found"
    assert rows(await stored(world)) == before
    assert await refusal(world.commands.unidentify(world.caller, undo.model_copy(update={"twin": "x"}))) == "not-found"


async def test_undoing_twice_by_one_id_is_a_duplicate(world: World) -> None:
    await identify(world, "lena", PHONE)
    undo = Unidentify(twin="lena", id="undo", identifier=PHONE)
    first = await world.commands.unidentify(world.caller, undo)
    second = await world.commands.unidentify(world.caller, undo)
    assert (first.status, second.status, second.rev) == ("accepted", "duplicate", first.rev)


async def test_the_person_by_an_identifier_reaches_their_own_twin_alone(world: World) -> None:
    await identify(world, "lena", PHONE)
    await identify(world, "omar", CRM)
    lena = world.person("lena")
    (receipt,) = await world.intake.observe(lena, [by(rated("own", 1.0), PHONE)])
    assert receipt.status == "accepted"
    for identifiers in ((CRM,), (Identifier(scheme="device", value="nobody's"),), (PHONE, CRM), ()):
        assert await refusal(world.intake.observe(lena, [by(rated("other", 1.0), *identifiers)])) == "not-found"
    assert await world.intake.quarantine(world.caller, limit=10) == []


async def test_a_person_cannot_claim_an_identifier_and_with_it_what_came_by_it(world: World) -> None:
    await observe(world, by(rated("somebody's", 1.0), PHONE))
    lena = world.person("lena")
    claim = Identify(twin="lena", identifier=PHONE)
    assert await refusal(world.commands.identify(lena, claim)) == "missing-scope"
    assert await refusal(world.intake.replay(lena)) == "missing-scope"
    assert await refusal(world.intake.quarantine(lena, limit=10)) == "missing-scope"
    assert (await stored(world)).rev == 0


async def test_only_the_person_can_undo_what_they_stated_by_an_identifier(world: World) -> None:
    await identify(world, "lena", PHONE)
    said = by(rated("1", 1.0, by="person:lena"), PHONE)
    await world.intake.observe(world.person("lena"), [said])
    undo = Unidentify(twin="lena", identifier=PHONE)
    assert await refusal(world.commands.unidentify(world.caller, undo)) == "correction-stands"
    assert (await world.commands.unidentify(world.person("lena"), undo)).status == "accepted"


@pytest.mark.parametrize("value", ["a phone", "a phone ", "A PHONE"])
async def test_identifiers_are_compared_normalised_and_per_tenant(world: World, value: str) -> None:
    await identify(world, "lena", PHONE)
    ((_, _, twin),) = await observe(world, by(rated("1", 1.0), Identifier(scheme="device", value=value)))
    assert twin == (None if value == "A PHONE" else "lena")  # blanks around it do not count, capitals do
    elsewhere = world.caller.model_copy(update={"tenant": world.caller.tenant + "-b"})
    (receipt,) = await world.intake.observe(elsewhere, [by(rated("1", 1.0), PHONE)])
    assert receipt.code == "unknown-identifier"


async def test_an_identifier_moves_no_confidence_and_names_no_value(world: World) -> None:
    stated = AssertBelief(twin="lena", belief=key("needs.budget"), confidence=0.9)
    await world.commands.assert_belief(world.caller, stated)
    before = await derived(world, await stored(world))
    await identify(world, "lena", PHONE)
    state = await stored(world)
    assert alike(await derived(world, state), before)
    (link,) = state.links
    assert (link.scheme, "phone" in link.model_dump_json()) == ("device", False)


async def test_a_person_s_event_does_not_push_another_s_out_of_quarantine(world: World) -> None:
    """Of the same source and id, and named by identifiers: one waits for its link, the other for its time."""
    await identify(world, "lena", PHONE)
    assert await observe(world, by(rated("1", 1.0), CRM)) == [("quarantined", "unknown-identifier", None)]
    early = by(rated("1", 1.0, day=1_000), PHONE)
    [receipt] = await world.intake.observe(world.person("lena"), [early])
    assert receipt.code == "not-yet"
    codes = {q.code for q in await world.intake.quarantine(world.caller, limit=10)}
    assert codes == {"unknown-identifier", "not-yet"}
    await identify(world, "omar", CRM)
    assert held(await stored(world, "omar"), "world.alone") == published(1.0)
