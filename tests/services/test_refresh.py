"""Time alone: what a quiet twin loses, when it is published, and who may do it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.conftest import StoppedClock
from tests.reading import held, id_of, rows, status, stored
from tests.services.test_goals import put
from tests.world import CATALOG, START, World, event, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.belief import logit
from beliefgraph.services.commands import writer
from beliefgraph.services.commands.writer import FUTURE_SKEW_S
from beliefgraph.services.commits import advance
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.derive import Derivation, derive
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.process.portions import Portions
from beliefgraph.services.twin.state import TwinState
from beliefgraph.services.upkeep.refresh import Refresher
from beliefgraph.services.upkeep.scheduler import Scheduler
from beliefgraph.store.commits import Statement, TwinCommit, write
from beliefgraph.store.graph import Graph

HALF_LIFE = timedelta(days=30)


def faded(llr: float, after: timedelta, half_life: timedelta = HALF_LIFE) -> float:
    """What is left of a log-likelihood ratio: tanh(λ'/2) = 2^(-t/h)·tanh(λ/2)."""
    return 2 * math.atanh(2 ** (-after / half_life) * math.tanh(llr / 2))


@pytest.fixture
def refresher(world: World) -> Refresher:
    return Refresher(world.updater, world.intake)


def later(days: float) -> datetime:
    return START + timedelta(days=days)


async def commits(world: World, twin: str = "lena") -> list[tuple[int, str]]:
    """The rev and the cause of every commit."""
    record = await world.graph.read(
        "change/since", wanted=[{"twin": id_of(world, twin), "after": 0, "upto": 10**6}], limit=1000
    )
    assert record is not None
    return [(commit[1], commit[6]) for commit, *_ in record[0]]


async def test_a_belief_dissolves_by_time_alone_and_each_crossing_is_published_once(
    world: World, refresher: Refresher
) -> None:
    await world.intake.observe(world.caller, [event("1", "audited"), event("2", "audited")])
    # The mass is 3, aged 2·1.5'. It falls under its half on day 24.8 (tanh(.375) / tanh(.75) = 2^(-24.8/30)), and
    # under 0.5 on day 70.6 (tanh(.125) / tanh(.75) = 2^(-70.6/30)).
    assert 2 * faded(1.5, timedelta(days=25)) < 1.5 < 2 * faded(1.5, timedelta(days=24))
    assert 2 * faded(1.5, timedelta(days=71)) < 0.5 < 2 * faded(1.5, timedelta(days=70))

    seen = []
    for day in (24, 25, 70, 71, 100):
        await refresher.refresh(world.caller, "lena", later(day))
        state = await stored(world)
        seen.append(status(state, "product.risky"))
        assert held(state, "product.risky") == published(logit(0.2) + 2 * faded(1.5, timedelta(days=day)))

    assert seen == ["forming", "dissolving", "dissolving", "dissolved", "dissolved"]
    assert await commits(world) == [(1, "observed"), *((rev, "refreshed") for rev in range(2, 7))]


async def test_a_refresh_again_or_to_an_earlier_moment_changes_nothing(world: World, refresher: Refresher) -> None:
    await world.intake.observe(world.caller, [event("1", "audited", day=5)])
    first = await refresher.refresh(world.caller, "lena", later(40))
    before = rows(await stored(world))

    again = await refresher.refresh(world.caller, "lena", later(40))
    earlier = await refresher.refresh(world.caller, "lena", later(1))

    assert (first.status, again.status, earlier.status) == ("accepted", "duplicate", "duplicate")
    assert {change.belief.attribute for change in first.beliefs} >= {"product.risky", "product.fits"}
    assert rows(await stored(world)) == before


async def test_a_twin_in_which_nothing_ages_does_not_grow(world: World, refresher: Refresher) -> None:
    await world.intake.observe(world.caller, [rated("1", 2.5)])
    receipt = await refresher.refresh(world.caller, "lena", later(200))
    assert (receipt.status, receipt.rev) == ("duplicate", 1)


async def test_two_processes_that_refresh_at_once_make_one_commit(world: World) -> None:
    await world.intake.observe(world.caller, [event("1", "audited")])
    processes = [world.another() for _ in range(4)]
    receipts = await asyncio.gather(
        *(Refresher(p.updater, p.intake).refresh(world.caller, "lena", later(40)) for p in processes)
    )
    assert sorted(receipt.status for receipt in receipts) == ["accepted", "duplicate", "duplicate", "duplicate"]
    assert await commits(world) == [(1, "observed"), (2, "refreshed")]


async def test_the_moment_of_a_refresh_is_the_present_floored_to_the_interval(world: World) -> None:
    hourly = Refresher(world.updater, world.intake)
    daily = Refresher(world.updater, world.intake, interval=timedelta(days=1))
    now = datetime.fromisoformat("2026-03-04T15:59:59.999999+01:00")
    assert hourly.moment(now) == datetime.fromisoformat("2026-03-04T14:00:00Z")
    assert daily.moment(now) == datetime.fromisoformat("2026-03-04T00:00:00Z")
    assert hourly.moment(hourly.moment(now)) == hourly.moment(now)


async def test_a_refresh_to_the_future_and_one_of_nobody(world: World, refresher: Refresher) -> None:
    with pytest.raises(BeliefgraphError) as refused:
        await refresher.refresh(world.caller, "lena", world.clock.now() + timedelta(days=1))
    assert refused.value.code == "invalid-input"
    receipt = await refresher.refresh(world.caller, "nobody", world.clock.now())
    assert (receipt.status, receipt.rev) == ("duplicate", 0)


async def test_order_of_refreshes_and_events_does_not_matter_at_the_same_head(world: World) -> None:
    """A twin refreshed on the way publishes in the end what one publishes that was not."""
    events = [("audited", 0.0), ("audited", 20.0), ("priced", 45.0)]
    for i, (type_, day) in enumerate(events):
        await world.intake.observe(world.caller, [event(str(i), type_, day=day, twin="busy")])
        await Refresher(world.updater, world.intake).refresh(world.caller, "busy", later(day + 10))
    await world.intake.observe(
        world.caller, [event(str(i), type_, day=day, twin="quiet") for i, (type_, day) in enumerate(events)]
    )
    await Refresher(world.updater, world.intake).refresh(world.caller, "quiet", later(55))

    busy, quiet = await stored(world, "busy"), await stored(world, "quiet")
    assert busy.head_time == quiet.head_time
    for attribute in ("product.risky", "product.fits", "needs.budget", "world.buys"):
        assert held(busy, attribute) == held(quiet, attribute)
        assert status(busy, attribute) == status(quiet, attribute)


async def test_newer_definitions_are_adopted_once_by_every_twin_of_the_tenant(
    world: World, refresher: Refresher
) -> None:
    await world.intake.observe(world.caller, [event("1"), event("1", twin="omar")])
    await world.book.publish(world.caller, CATALOG.model_copy(update={"version": "1.1.0"}))

    first, second = await refresher.adopt(world.caller.tenant), await refresher.adopt(world.caller.tenant)

    assert (first.refreshed, second.refreshed, first.refused) == (2, 0, ())
    assert await commits(world) == [(1, "observed"), (2, "adopted")]
    state = await stored(world)
    assert (state.definitions, state.head_time) == (2, START)


async def test_what_is_due_is_refreshed_and_taken_in(world: World, clock: StoppedClock) -> None:
    refresher = Refresher(world.updater, world.intake)
    await world.intake.observe(world.caller, [event("1", "audited")])
    soon = rated("soon", 1.0, twin="omar").model_copy(update={"time": clock.now() + timedelta(hours=2)})
    (waiting,) = await world.intake.observe(world.caller, [soon])
    assert (waiting.status, waiting.code) == ("quarantined", "not-yet")

    first = await refresher.refresh_due(clock.now(), world.caller.tenant)
    assert (first.refreshed, first.taken_in) == (1, 0)
    assert (await stored(world)).head_time == refresher.moment(clock.now())
    assert (await stored(world, "omar")).rev == 0

    clock.advance(timedelta(hours=2))
    second = await refresher.refresh_due(clock.now(), world.caller.tenant)
    assert second.taken_in == 1
    assert held(await stored(world, "omar"), "world.alone") == published(1.0)
    assert (await stored(world, "omar")).head_time == soon.time
    third = await refresher.refresh_due(clock.now(), world.caller.tenant)
    assert (third.refreshed, third.taken_in, third.refused) == (0, 0, ())


async def test_a_refresh_derives_the_twin_once(
    world: World, refresher: Refresher, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.intake.observe(world.caller, [event("1", "audited"), event("2", "audited")])
    await put(world, "ship", priority=0.7)
    derived: list[datetime] = []

    def counted(state: TwinState, graph: DefinitionGraph, at: datetime, **more: Any) -> Derivation:
        derived.append(at)
        return derive(state, graph, at, **more)

    monkeypatch.setattr(advance, "derive", counted)
    for refreshing, day in ((refresher, 10), (Refresher(world.another().updater, world.intake), 20)):
        receipt = await refreshing.refresh(world.caller, "lena", later(day))
        assert receipt.status == "accepted"
        assert derived == [later(day)]
        derived.clear()


async def test_an_event_from_the_future_is_taken_in_when_it_is_due_and_not_at_the_next_refresh(
    world: World, clock: StoppedClock
) -> None:
    refresher = Refresher(world.updater, world.intake)
    scheduler = Scheduler(refresher, clock, interval=3_600.0)
    running = asyncio.create_task(scheduler.run())
    scheduler.start_background_work()
    early = timedelta(seconds=FUTURE_SKEW_S)
    soon = rated("soon", 1.0).model_copy(update={"time": clock.now() + early + timedelta(seconds=20)})
    (waiting,) = await world.intake.observe(world.caller, [soon])
    assert (waiting.status, waiting.code) == ("quarantined", "not-yet")
    assert await refresher.next_due(world.caller.tenant) == soon.time - early

    clock.advance(timedelta(seconds=19))
    await refresher.take_in_due(clock.now(), world.caller.tenant)
    assert (await stored(world)).rev == 0
    clock.advance(timedelta(seconds=1))
    for _ in range(300):
        await asyncio.sleep(0.1)
        if (await stored(world)).rev == 1:
            break
    running.cancel()
    assert held(await stored(world), "world.alone") == published(1.0)
    assert await refresher.next_due(world.caller.tenant) is None


async def test_twins_too_large_for_one_transaction_are_refreshed_in_several(
    world: World, refresher: Refresher, monkeypatch: pytest.MonkeyPatch
) -> None:
    twins = [f"twin {n}" for n in range(6)]
    await world.intake.observe(world.caller, [event(str(n), "audited", twin=twin) for n in range(2) for twin in twins])
    together: list[int] = []

    async def counted(graph: Graph, commits: Sequence[TwinCommit], written_by: Sequence[Statement]) -> None:
        together.append(len(commits))
        await write(graph, commits, written_by)

    monkeypatch.setattr(writer, "write", counted)
    world.updater.portions = Portions(rows=8)  # a commit that ages three beliefs has seven
    done = await refresher.refresh_due(later(40), world.caller.tenant)
    assert (done.refreshed, done.refused) == (6, ())
    assert together == [1] * 6
