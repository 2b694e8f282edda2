from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import cast

import pytest
import pytest_asyncio
from tests.world import World, event, key, rated

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import Change
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.twin.notifier import Notifier

PATIENCE = 60.0  # seconds; two writers on a Neo4j that has just started took more than ten


@pytest_asyncio.fixture
async def changes(world: World) -> AsyncIterator[Changes]:
    """The changes as one process follows them, and its notifier notified by the world's commits."""
    notifier = Notifier()
    world.updater._notifier = notifier
    made = Changes(world.graph, notifier, interval=0.2, queue=20, resume_limit=50)
    yield made
    await made.close()


def follow(
    changes: Changes, caller: Caller, after: int | None = None, twin: str = "lena"
) -> AsyncGenerator[Change, None]:
    return cast("AsyncGenerator[Change, None]", changes.subscribe(caller, twin, after))


async def take(stream: AsyncGenerator[Change, None], n: int) -> list[Change]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(stream) for _ in range(n)]


async def take_all(stream: AsyncGenerator[Change, None]) -> tuple[list[int], str]:
    """The revs that still come, and the code of what ends them."""
    got: list[int] = []
    try:
        while True:
            got += [c.commit.rev for c in await take(stream, 1)]
    except BeliefgraphError as error:
        return got, error.code


async def refusal(stream: AsyncGenerator[Change, None]) -> str:
    with pytest.raises(BeliefgraphError) as refused:
        await take(stream, 1)
    return refused.value.code


async def write(world: World, n: int, twin: str = "lena", start: int = 0) -> None:
    for i in range(start, start + n):
        await world.intake.observe(world.caller, [rated(f"{twin}-{i}", 0.1, day=i, twin=twin)])


async def test_a_change_says_what_a_commit_moved_and_from_where(world: World, changes: Changes) -> None:
    (first,) = await world.intake.observe(world.caller, [event("1", "priced", day=1)])
    (second,) = await world.intake.observe(
        world.caller,
        [
            event("2", "audited", day=2),
        ],
    )
    one, other = await changes.since(world.caller, "lena", 0)

    assert [c.commit.rev for c in (one, other)] == [1, 2]
    assert (one.commit.cause, one.commit.actor, one.commit.purpose) == ("observed", "test", "testing")
    assert all(change.before is None for change in one.beliefs)
    for change, receipt in ((one, first), (other, second)):
        said = {b.belief.id: (b.before and b.before.log_odds, b.after and b.after.log_odds) for b in receipt.beliefs}
        assert {
            b.belief.id: (b.before and b.before.log_odds, b.after and b.after.log_odds) for b in change.beliefs
        } == said
    assert await changes.since(world.caller, "lena", 1) == [other]
    assert await changes.since(world.caller, "lena", 0, limit=1) == [one]
    assert await changes.since(world.caller, "lena", 2) == []


async def test_a_subscriber_gets_every_change_once_in_order(world: World, changes: Changes) -> None:
    await write(world, 3)
    async with aclosing(follow(changes, world.caller, 0)) as stream:
        assert [c.commit.rev for c in await take(stream, 3)] == [1, 2, 3]
        await write(world, 12, start=3)
        assert [c.commit.rev for c in await take(stream, 12)] == list(range(4, 16))


async def test_without_a_rev_a_subscription_begins_with_the_next_change(world: World, changes: Changes) -> None:
    await write(world, 2)
    async with aclosing(follow(changes, world.caller)) as stream:
        coming = asyncio.create_task(take(stream, 1))
        await asyncio.sleep(0.1)
        await write(world, 1, start=2)
        assert [c.commit.rev for c in await coming] == [3]


async def test_a_client_that_was_away_resumes_where_it_was(world: World, changes: Changes) -> None:
    await write(world, 2)
    async with aclosing(follow(changes, world.caller, 0)) as stream:
        (seen,) = await take(stream, 1)
    await write(world, 3, start=2)
    async with aclosing(follow(changes, world.caller, seen.commit.rev)) as stream:
        assert [c.commit.rev for c in await take(stream, 4)] == [2, 3, 4, 5]


async def test_subscribers_of_different_pace_and_place_share_one_look(world: World, changes: Changes) -> None:
    await write(world, 5)
    await write(world, 2, twin="omar")
    async with (
        aclosing(follow(changes, world.caller, 5)) as ahead,
        aclosing(follow(changes, world.caller, 0)) as behind,
        aclosing(follow(changes, world.caller, 1, "omar")) as other,
    ):
        waiting = asyncio.create_task(take(ahead, 2))
        await asyncio.sleep(0.1)
        await write(world, 2, start=5)
        assert [c.commit.rev for c in await waiting] == [6, 7]
        assert [c.commit.rev for c in await take(behind, 7)] == [1, 2, 3, 4, 5, 6, 7]
        assert [c.commit.rev for c in await take(other, 1)] == [2]
        before, began = world.graph.statements, time.monotonic()
        await asyncio.sleep(0.7)
        looks = (time.monotonic() - began) / 0.2  # one every 0.2 s, however many follow
        assert world.graph.statements - before <= looks + 1
    assert not changes._watched


async def test_the_commits_of_another_process_arrive_too(world: World, changes: Changes) -> None:
    await write(world, 1)
    elsewhere = world.another()  # its notifier is not the one we hear
    async with aclosing(follow(changes, world.caller, 1)) as stream:
        coming = asyncio.create_task(take(stream, 4))
        await asyncio.gather(write(world, 2, start=1), write(elsewhere, 2, start=10))
        assert [c.commit.rev for c in await coming] == [2, 3, 4, 5]


async def test_a_commit_of_this_process_arrives_at_once(world: World) -> None:
    notifier = Notifier()
    world.updater._notifier = notifier
    patient = Changes(world.graph, notifier, interval=60)
    await write(world, 1)
    async with aclosing(follow(patient, world.caller)) as stream:
        coming = asyncio.create_task(take(stream, 1))
        await asyncio.sleep(0.2)
        await write(world, 1, start=1)
        async with asyncio.timeout(5):
            assert [c.commit.rev for c in await coming] == [2]
    await patient.close()


async def test_a_subscriber_that_is_too_slow_is_notified_and_can_resume(world: World, changes: Changes) -> None:
    await write(world, 1)
    async with aclosing(follow(changes, world.caller, 0)) as stream:
        got = [c.commit.rev for c in await take(stream, 1)]
        coming = asyncio.create_task(take(stream, 1))
        await asyncio.sleep(0.1)
        await write(world, 40, start=1)
        await asyncio.sleep(0.5)
        got += [c.commit.rev for c in await coming]
        rest, code = await take_all(stream)
        got += rest
    assert code == "overloaded"
    assert got == list(range(1, len(got) + 1))
    assert len(got) < 41
    async with aclosing(follow(changes, world.caller, got[-1])) as stream:
        got += [c.commit.rev for c in await take(stream, 41 - len(got))]
    assert got == list(range(1, 42))


async def test_a_resume_from_too_far_back_or_from_the_future_has_expired(world: World, changes: Changes) -> None:
    await write(world, 3)
    narrow = Changes(world.graph, Notifier(), resume_limit=2)

    assert await refusal(follow(narrow, world.caller, 0)) == "resume-expired"
    assert await refusal(follow(changes, world.caller, 4)) == "resume-expired"
    async with aclosing(follow(narrow, world.caller, 1)) as stream:
        assert [c.commit.rev for c in await take(stream, 2)] == [2, 3]
    await narrow.close()


async def test_subscribers_of_an_erased_twin_are_notified(world: World, changes: Changes) -> None:
    await write(world, 2)
    async with aclosing(follow(changes, world.caller, 1)) as stream:
        await take(stream, 1)
        await world.eraser.erase_twin(world.caller, "lena")
        assert await refusal(stream) == "resume-expired"
    assert await refusal(follow(changes, world.caller, 1)) == "not-found"


async def test_a_person_follows_their_own_twin_and_no_other(world: World, changes: Changes) -> None:
    await write(world, 1)
    assert await refusal(follow(changes, world.person("omar"), 0)) == "not-found"
    with pytest.raises(BeliefgraphError):
        await changes.since(world.person("omar"), "lena", 0)
    async with aclosing(follow(changes, world.person("lena"), 0)) as stream:
        (change,) = await take(stream, 1)
        assert change.beliefs[0].belief.belief_key == key("world.alone")


async def test_no_change_is_half_there_while_others_write(world: World, changes: Changes) -> None:
    """Two processes write as fast as they can; every change that is handed out is whole."""
    elsewhere = world.another()
    await write(world, 1)
    said: dict[int, int] = {}

    async def busy(process: World, name: str) -> None:
        for n in range(25):
            batch = [event(f"{name}{n}", "priced" if n % 2 else "audited", day=n)]
            (receipt,) = await process.intake.observe(process.caller, batch)
            assert receipt.rev is not None
            said[receipt.rev] = len(receipt.beliefs)

    async with aclosing(follow(changes, world.caller, 1)) as stream:
        coming = asyncio.create_task(take(stream, 50))
        await asyncio.gather(busy(world, "a"), busy(elsewhere, "b"))
        assert {c.commit.rev: len(c.beliefs) for c in await coming} == said
