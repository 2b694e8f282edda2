"""Many at once: who wins, who waits, and what a reader sees meanwhile. A `World` is one process; some are real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from pathlib import Path

from tests.process import Plan, batch, plan_for, processes
from tests.races import Interrupted
from tests.reading import alike, derived, held, id_of, rows, stored
from tests.world import START, World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.local import Endpoint
from beliefgraph.model.command import AssertBelief, Correct, Identify, Unidentify
from beliefgraph.model.event import Event
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.twin import Identifier
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.twin.state import TwinState

RACERS = 32
PHONE = Identifier(scheme="device", value="a phone")


def several(world: World, n: int = 4) -> list[World]:
    """As many processes, none of which has seen the twin yet."""
    return [world.another() for _ in range(n)]


def nameless(sent: Event, *identifiers: Identifier) -> Event:
    """The same event, which names no twin but carries identifiers."""
    return sent.model_copy(update={"twin": None, "identifiers": identifiers})


async def commits(world: World, twin: str = "lena") -> list[tuple[int, str]]:
    """The rev and cause of every commit."""
    wanted = [{"twin": id_of(world, twin), "after": 0, "upto": 10**6}]
    record = await world.graph.read("change/since", wanted=wanted, limit=10_000)
    assert record is not None
    return [(commit[1], commit[6]) for commit, *_ in record[0]]


async def outcomes(tries: Sequence[Coroutine[None, None, Receipt]]) -> list[str]:
    """How each ended: the status, or the code of the refusal."""
    found = await asyncio.gather(*tries, return_exceptions=True)
    ends = []
    for each in found:
        assert isinstance(each, BeliefgraphError | Receipt), each
        ends.append(each.code if isinstance(each, BeliefgraphError) else each.status)
    return ends


async def test_of_many_writers_with_the_same_expected_rev_exactly_one_wins(world: World) -> None:
    await world.intake.observe(world.caller, [rated("first", 0.25)])
    worlds = several(world)
    stating = [
        worlds[n % 4].commands.assert_belief(
            world.caller,
            AssertBelief(twin="lena", belief=key("world.alone"), confidence=0.9, speaker=f"w{n}", expected_rev=1),
        )
        for n in range(RACERS)
    ]
    ends = await outcomes(stating)
    assert sorted(ends) == ["accepted"] + ["rev-conflict"] * (RACERS - 1)
    state = await stored(world)
    assert (state.rev, len(state.bearings)) == (2, 2)


async def test_of_many_who_expect_a_new_twin_exactly_one_makes_it(world: World) -> None:
    worlds = several(world)
    tries = [worlds[n % 4].intake.observe(world.caller, [rated(str(n), 1.0)], expected_rev=0) for n in range(RACERS)]
    found = await asyncio.gather(*tries, return_exceptions=True)
    refused = [each for each in found if isinstance(each, BeliefgraphError)]
    assert len(refused) == RACERS - 1
    assert {each.code for each in refused} == {"rev-conflict"}
    assert {each.kind for each in refused} == {"conflict"}
    assert (await stored(world)).rev == 1


async def test_writers_without_expectation_all_land_one_after_the_other(world: World) -> None:
    worlds = several(world)
    events = [rated(str(n), (n - 12) / 16, day=n % 5, by=f"w{n}") for n in range(RACERS)]
    receipts = await asyncio.gather(
        *(worlds[n % 4].intake.observe(world.caller, [each]) for n, each in enumerate(events))
    )
    assert sorted(r.rev or 0 for (r,) in receipts) == list(range(1, RACERS + 1))
    assert [rev for rev, _ in await commits(world)] == list(range(1, RACERS + 1))

    for each in events:
        await world.intake.observe(world.caller, [each.model_copy(update={"twin": "alone"})])
    racing, alone = await stored(world), await stored(world, "alone")
    assert alike(await derived(world, racing), await derived(world, alone))
    assert held(racing, "world.alone") == held(alone, "world.alone")


async def test_real_processes_write_one_after_the_other(
    world: World, endpoint: Endpoint, tmp_path: Path, tenant: str
) -> None:
    plans = [
        plan_for(endpoint, tmp_path / "keys", tenant, f"p{n}").model_copy(update={"commits": 15}) for n in range(3)
    ]
    with processes(*plans) as running:
        answers = [answer for process in running for answer in process.acknowledged()]

    assert {status for _, _, _, status in answers} == {"accepted"}
    assert sorted(rev for _, rev, _, _ in answers) == list(range(1, 46))
    assert [rev for rev, _ in await commits(world)] == list(range(1, 46))
    await same_as_alone(world, plans, 15)


async def same_as_alone(world: World, plans: Sequence[Plan], commits: int) -> None:
    """The twin that was raced for is what it is when one writes everything in one go."""
    events = [e.model_copy(update={"twin": "alone"}) for plan in plans for n in range(commits) for e in batch(plan, n)]
    await world.intake.observe(world.caller, events)
    racing, alone = await stored(world), await stored(world, "alone")
    assert alike(await derived(world, racing), await derived(world, alone))


async def test_batches_over_several_twins_in_opposite_orders_all_land(world: World) -> None:
    there, back = world.another(), world.another()
    names = ["a", "b", "c", "d"]

    async def write(by: World, label: str, order: list[str]) -> None:
        for n in range(12):
            sent = [rated(f"{label}{n}", 0.25, day=n, twin=twin, by=f"{label}{twin}") for twin in order]
            receipts = await by.intake.observe(world.caller, sent)
            assert {r.status for r in receipts} == {"accepted"}

    await asyncio.gather(write(there, "there", names), write(back, "back", names[::-1]))
    for name in names:
        state = await stored(world, name)
        assert (state.rev, held(state, "world.alone")) == (24, published(6.0))


async def test_a_reader_sees_only_what_some_rev_really_was(
    world: World, endpoint: Endpoint, tmp_path: Path, tenant: str
) -> None:
    """Two processes write as fast as they can. What was read of a rev meanwhile is compared with the rev at rest."""
    await world.intake.observe(world.caller, [rated("first", 1.0)])
    plans = [
        plan_for(endpoint, tmp_path / "keys", tenant, f"p{n}").model_copy(update={"commits": 60}) for n in range(2)
    ]
    seen: dict[int, list[tuple[object, ...]]] = {}
    with processes(*plans) as running:
        done = asyncio.gather(*(asyncio.to_thread(process.acknowledged) for process in running))

        async def read(behind: int) -> None:
            last = 1
            while not done.done():
                state = await stored(world, rev=None if behind == 0 else max(1, last - behind))
                assert state.rev >= max(1, last - behind)
                last = max(last, state.rev)
                seen.setdefault(state.rev, []).append(rows(state))

        await asyncio.gather(read(0), read(0), read(1), read(7))
        answers = [answer for each in await done for answer in each]

    assert len(answers) == 120
    assert len(seen) > 20
    for rev, reads in seen.items():
        assert set(map(repr, map(_sorted, reads))) == {repr(_sorted(rows(await stored(world, rev=rev))))}


def _sorted(read: tuple[object, ...]) -> tuple[object, ...]:
    *what, revisions = read
    assert isinstance(revisions, set)
    # when a row ends is not known at the rev that still sees it
    return *what, sorted(r.model_copy(update={"rev_to": None}).model_dump_json() for r in revisions)


async def test_the_same_event_from_two_processes_at_once_is_taken_in_once(world: World) -> None:
    for n in range(8):
        one, other = several(world, 2)
        found = await asyncio.gather(*(w.intake.observe(world.caller, [rated(f"e{n}", 0.5)]) for w in (one, other)))
        assert sorted(r.status for (r,) in found) == ["accepted", "duplicate"]
        assert {r.rev for (r,) in found} == {n + 1}
    assert held(await stored(world), "world.alone") == published(4.0)


async def test_the_same_command_from_two_processes_at_once_counts_once(world: World) -> None:
    await world.intake.observe(world.caller, [rated("first", 0.25)])
    stated = AssertBelief(twin="lena", id="once", belief=key("world.alone"), confidence=0.75)
    found = await asyncio.gather(*(w.commands.assert_belief(world.caller, stated) for w in several(world)))
    assert sorted(r.status for r in found) == ["accepted", "duplicate", "duplicate", "duplicate"]


async def test_an_identifier_linked_to_two_twins_at_once_leads_to_one(world: World) -> None:
    for n in range(6):
        phone = Identifier(scheme="device", value=f"phone {n}")
        worlds = several(world)
        ends = await outcomes(
            [
                w.commands.identify(world.caller, Identify(twin=f"twin {i}", identifier=phone))
                for i, w in enumerate(worlds)
            ]
        )
        assert sorted(ends) == ["accepted", "identifier-taken", "identifier-taken", "identifier-taken"]


async def test_an_event_that_comes_by_an_identifier_while_it_is_undone_does_not_stay(world: World) -> None:
    """It had been led to the twin; when it was written the link was gone."""
    await world.intake.observe(world.caller, [rated("first", 0.25)])
    await world.commands.identify(world.caller, Identify(twin="lena", identifier=PHONE))

    async def undo() -> None:
        await world.commands.unidentify(world.caller, Unidentify(twin="lena", identifier=PHONE))

    slow = World(Interrupted(world.graph, "event/resolve", undo), world.keyring, world.clock, world.caller)
    (receipt,) = await slow.intake.observe(world.caller, [nameless(rated("by phone", 3.0), PHONE)])
    assert (receipt.status, receipt.code) == ("quarantined", "unknown-identifier")
    assert held(await stored(world), "world.alone") == published(0.25)


async def test_a_twin_erased_while_many_write_is_gone_or_begun_anew_and_whole(world: World) -> None:
    worlds = several(world)
    refusals: set[str] = set()

    async def write(by: World, label: str) -> None:
        for n in range(10):
            try:
                await by.intake.observe(world.caller, [rated(f"{label}{n}", 0.25, day=n, by=label)])
            except BeliefgraphError as refused:
                refusals.add(refused.code)

    async def erase() -> None:
        for _ in range(4):
            await asyncio.sleep(0.03)
            try:
                await world.eraser.erase_twin(world.caller, "lena")
                await world.eraser.readmit(world.caller, "lena")
            except BeliefgraphError as refused:
                refusals.add(refused.code)

    await asyncio.gather(erase(), *(write(w, f"w{n}") for n, w in enumerate(worlds)))
    assert refusals <= {"being-erased", "erased", "not-found"}
    await whole(world, await stored(world))
    (receipt,) = await world.intake.observe(world.caller, [rated("after all", 0.25, day=30)])
    assert receipt.status == "accepted"
    await whole(world, await stored(world))


async def whole(world: World, state: TwinState) -> None:
    """Every rev has its commit, and what is published is what is derived."""
    assert [rev for rev, _ in await commits(world)] == list(range(1, state.rev + 1))
    if state.rev:
        alone = held(state, "world.alone")
        assert alone == published(len(state.bearings) * 0.25)


async def test_commands_and_events_that_cross_all_count(world: World) -> None:
    await world.intake.observe(world.caller, [rated("first", 0.25)])
    worlds = several(world)
    person = world.person("lena")
    await asyncio.gather(
        worlds[0].commands.correct(
            person, Correct(twin="lena", belief=key("world.alone"), holds=True, valid_from=START + timedelta(days=5))
        ),
        *(worlds[n % 4].intake.observe(world.caller, [rated(f"e{n}", 0.25, day=n)]) for n in range(8)),
        worlds[1].commands.assert_belief(person, AssertBelief(twin="lena", belief=key("needs.budget"), confidence=0.9)),
        worlds[2].intake.observe(world.caller, [event("p", "priced", day=2)]),
    )
    state = await stored(world)
    assert (state.rev, held(state, "world.alone")) == (12, published(12.0))
