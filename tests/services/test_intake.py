from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.reading import held, rows, stored
from tests.world import START, World, event, rated

from beliefgraph.errors import Fault
from beliefgraph.ingest.cloudevents import read_structured
from beliefgraph.model.belief import logit
from beliefgraph.model.command import Identify
from beliefgraph.model.twin import Identifier
from beliefgraph.services.derivation.grid import published
from beliefgraph.store.keys import Keyring
from beliefgraph.store.personal import PersonalTexts


async def test_an_event_becomes_evidence_and_moves_what_is_related(world: World) -> None:
    (receipt,) = await world.intake.observe(world.caller, [event("1")])

    assert (receipt.status, receipt.rev) == ("accepted", 1)
    state = await stored(world)
    budget, buys = held(state, "needs.budget"), held(state, "world.buys")
    assert budget is not None
    assert buys is not None
    assert budget > published(logit(0.4) + 0.8)  # its own evidence, and urgency's by way of buying
    assert buys > logit(0.25)
    assert {change.belief.attribute for change in receipt.beliefs} >= {"needs.budget", "needs.urgent", "world.buys"}
    assert rows(state) == rows(world.cache._twins[state.id].state)


async def test_the_same_event_again_changes_nothing(world: World) -> None:
    await world.intake.observe(world.caller, [event("1")])
    before = await stored(world)
    first, second = await world.intake.observe(world.caller, [event("1"), event("1")])

    assert (first.status, second.status, first.rev) == ("duplicate", "duplicate", 1)
    assert rows(await stored(world)) == rows(before)


async def test_the_same_id_with_another_body_is_a_conflict(world: World) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    (receipt,) = await world.intake.observe(world.caller, [rated("1", 2.0)])

    assert (receipt.status, receipt.code) == ("conflict", "event-conflict")
    assert held(await stored(world), "world.alone") == published(1.0)


UNTIMED = (
    b'{"specversion": "1.0", "id": "1", "source": "/app", "type": "rated", "twin": "lena", "data": {"by": "a", %s}}'
)


async def test_an_event_without_a_time_that_is_sent_again_later_is_a_duplicate(world: World) -> None:
    first = read_structured(UNTIMED % b'"llr": 1', START)
    again = read_structured(UNTIMED % b'"llr": 1', START + timedelta(minutes=1))
    same_number = read_structured(UNTIMED % b'"llr": 1.0', START + timedelta(minutes=2))
    more = read_structured(UNTIMED % b'"llr": 1, "z": null', START + timedelta(minutes=3))

    receipts = [(await world.intake.observe(world.caller, [each]))[0] for each in (first, again, same_number, more)]

    assert [receipt.status for receipt in receipts] == ["accepted", "duplicate", "duplicate", "conflict"]


async def test_one_call_is_one_commit_for_each_twin(world: World) -> None:
    receipts = await world.intake.observe(
        world.caller, [rated("1", 1.0), rated("2", 0.5), rated("3", -2.0, twin="omar"), rated("4", 0.25)]
    )

    assert [(r.twin, r.rev) for r in receipts] == [("lena", 1), ("lena", 1), ("omar", 1), ("lena", 1)]
    assert held(await stored(world), "world.alone") == published(1.75)
    assert held(await stored(world, "omar"), "world.alone") == published(-2.0)


async def test_an_event_without_a_time_that_waited_in_quarantine_is_still_a_duplicate(world: World) -> None:
    unknown = (UNTIMED % b'"llr": 1').replace(b'"twin": "lena"', b'"identifiers": "device:7"')
    (waits,) = await world.intake.observe(world.caller, [read_structured(unknown, START)])
    await world.commands.identify(
        world.caller, Identify(twin="lena", identifier=Identifier(scheme="device", value="7"))
    )
    (again,) = await world.intake.observe(world.caller, [read_structured(unknown, START + timedelta(minutes=5))])

    assert (waits.status, again.status) == ("quarantined", "duplicate")


async def test_a_process_with_the_keys_of_another_database_is_told_so(world: World, tmp_path: Path) -> None:
    await world.intake.observe(world.caller, [rated("1", 1.0)])
    other = World(world.graph, Keyring(tmp_path / "other"), world.clock, world.caller)
    with pytest.raises(Fault, match="BELIEFGRAPH_KEYS") as refused:
        await other.intake.observe(other.caller, [rated("1", 1.0)])
    assert (refused.value.code, refused.value.ids["twins"]) == ("key-missing", ["lena"])
    world.graph.personal = PersonalTexts(world.keyring)
    assert (await stored(world)).rev == 1
