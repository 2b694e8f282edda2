"""Nothing is lost: what cannot be taken in is kept with its reason, and taken in when that is mended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from tests.conftest import StoppedClock
from tests.races import Interrupted
from tests.reading import held, id_of, stored
from tests.world import World, event, meaning, rated

from beliefgraph.model.event import Event
from beliefgraph.services.derivation.grid import published


async def waiting(world: World) -> list[tuple[str, str]]:
    """The event and the code of everything set aside, oldest first."""
    return [(q.event.id, q.code) for q in await world.intake.quarantine(world.caller, limit=100)]


async def test_an_event_without_a_meaning_is_taken_in_once_a_definition_gives_it_one(world: World) -> None:
    (receipt,) = await world.intake.observe(world.caller, [event("1", "waved")])
    assert (receipt.status, receipt.code) == ("quarantined", "no-interpretation")
    assert receipt.reason is not None
    assert "waved" in receipt.reason
    assert [r.status for r in await world.intake.replay(world.caller)] == ["quarantined"]

    await world.book.publish(world.caller, meaning("waved", "1.1.0"))
    receipts = await world.intake.replay(world.caller)

    assert [(r.status, r.twin) for r in receipts] == [("accepted", "lena")]
    assert held(await stored(world), "world.alone") == published(1.5)
    assert await waiting(world) == []


async def test_an_event_that_is_corrected_and_sent_again_does_not_wait_any_more(world: World) -> None:
    broken, other = event("1", "rated", by="x", llr="a lot"), event("2", "waved")
    await world.intake.observe(world.caller, [broken, other])
    assert sorted(await waiting(world)) == [("1", "interpretation-failed"), ("2", "no-interpretation")]

    (receipt,) = await world.intake.observe(world.caller, [rated("1", 1.0)])

    assert receipt.status == "accepted"
    assert await waiting(world) == [("2", "no-interpretation")]


async def test_an_event_of_another_twin_with_the_same_id_goes_on_waiting(world: World) -> None:
    broken = event("1", "rated", by="x", llr="a lot")
    await world.intake.observe(world.caller, [broken])
    await world.intake.observe(world.caller, [rated("1", 1.0).model_copy(update={"twin": "omar"})])
    assert await waiting(world) == [("1", "interpretation-failed")]


async def test_an_event_that_fails_its_rule_does_not_hold_up_the_others(world: World) -> None:
    broken = event("broken", "rated", by="x", llr="a lot")
    receipts = await world.intake.observe(world.caller, [rated("1", 1.0), broken, rated("2", 0.5)])
    assert [(r.status, r.code) for r in receipts] == [
        ("accepted", None),
        ("quarantined", "interpretation-failed"),
        ("accepted", None),
    ]
    assert held(await stored(world), "world.alone") == published(1.5)
    assert await waiting(world) == [("broken", "interpretation-failed")]


async def test_the_reason_is_the_newest_and_the_place_the_first(world: World, clock: StoppedClock) -> None:
    await world.intake.observe(world.caller, [event("1", "waved")])
    clock.advance(timedelta(hours=1))
    await world.intake.observe(world.caller, [event("2", "winked")])
    clock.advance(timedelta(hours=1))
    await world.intake.observe(world.caller, [event("1", "waved")])
    assert await waiting(world) == [("1", "no-interpretation"), ("2", "no-interpretation")]


async def test_an_event_from_the_future_waits_and_is_taken_in_when_due(world: World, clock: StoppedClock) -> None:
    soon = rated("soon", 1.0).model_copy(update={"time": clock.now() + timedelta(minutes=5)})
    later = rated("later", 0.5).model_copy(update={"time": clock.now() + timedelta(minutes=5, microseconds=1)})
    found = await world.intake.observe(world.caller, [soon, later])
    assert [(r.status, r.code) for r in found] == [("accepted", None), ("quarantined", "not-yet")]

    assert await world.intake.replay(world.caller, due=clock.now()) == []
    clock.advance(timedelta(minutes=5, microseconds=1))
    assert [r.status for r in await world.intake.replay(world.caller, due=clock.now())] == ["accepted"]
    state = await stored(world)
    assert (state.head_time, held(state, "world.alone")) == (later.time, published(1.5))


async def test_one_that_is_due_and_still_means_nothing_is_not_tried_again_and_again(
    world: World, clock: StoppedClock
) -> None:
    later = event("later", "waved").model_copy(update={"time": clock.now() + timedelta(hours=1)})
    await world.intake.observe(world.caller, [later])
    assert await waiting(world) == [("later", "not-yet")]
    clock.advance(timedelta(hours=1))
    assert [r.code for r in await world.intake.replay(world.caller, due=clock.now())] == ["no-interpretation"]
    assert await world.intake.replay(world.caller, due=clock.now()) == []
    assert await waiting(world) == [("later", "no-interpretation")]


async def test_a_replay_that_was_cut_short_takes_nothing_in_twice(world: World) -> None:
    """It had taken them in, and died before it let go of them."""
    await world.intake.observe(world.caller, [event("1", "waved"), event("2", "waved")])
    await world.book.publish(world.caller, meaning("waved", "1.1.0"))

    async def die() -> None:
        raise ConnectionError

    dying_graph = Interrupted(world.graph, "quarantine/release", die, before=True)
    dying = World(dying_graph, world.keyring, world.clock, world.caller)
    with pytest.raises(ConnectionError):
        await dying.intake.replay(world.caller)
    assert len(await waiting(world)) == 2
    assert [r.status for r in await world.intake.replay(world.caller)] == ["duplicate", "duplicate"]
    assert held(await stored(world), "world.alone") == published(3.0)
    assert await waiting(world) == []


async def test_events_are_replayed_by_name(world: World) -> None:
    await world.intake.observe(world.caller, [event("1", "waved"), event("2", "waved")])
    await world.book.publish(world.caller, meaning("waved", "1.1.0"))
    (second,) = [q.id for q in await world.intake.quarantine(world.caller, limit=10) if q.event.id == "2"]
    receipts = await world.intake.replay(world.caller, ids=[second])
    assert [r.id for r in receipts] == ["2"]
    assert await waiting(world) == [("1", "no-interpretation")]


async def test_the_list_leads_on_page_by_page(world: World) -> None:
    await world.intake.observe(world.caller, [event(str(n), "waved") for n in range(7)])
    seen: list[Event] = []
    after = None
    while page := await world.intake.quarantine(world.caller, limit=3, after=after):
        seen += [q.event for q in page]
        after = page[-1].since, page[-1].id
    assert sorted(e.id for e in seen) == [str(n) for n in range(7)]


async def test_an_event_set_aside_under_a_destroyed_key_does_not_hide_the_others(world: World) -> None:
    """It can only be one that raced with an erasure."""
    await world.intake.observe(world.caller, [event("lost", "waved"), event("kept", "waved", twin="omar")])
    world.keyring.destroy(id_of(world))
    assert await waiting(world) == [("kept", "no-interpretation")]
    await world.book.publish(world.caller, meaning("waved", "1.1.0"))
    assert [r.id for r in await world.intake.replay(world.caller)] == ["kept"]


async def test_what_is_set_aside_belongs_to_its_tenant(world: World) -> None:
    await world.intake.observe(world.caller, [event("1", "waved")])
    elsewhere = world.caller.model_copy(update={"tenant": world.caller.tenant + "-b"})
    assert await world.intake.quarantine(elsewhere, limit=10) == []
    assert await world.intake.replay(elsewhere) == []
    assert await waiting(world) == [("1", "no-interpretation")]
