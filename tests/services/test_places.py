"""Who gets a place at work, and who waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from beliefgraph.errors import Unavailable
from beliefgraph.services.process.fair_semaphore import HOLDER, FairSemaphore, Shares
from beliefgraph.store.changes import heads
from beliefgraph.store.graph import Graph


def places(**given: float) -> FairSemaphore:
    shares = {"total": 4, "per_tenant": 3, "per_key": 2, "waiting_per_key": 100, "patience": 5.0, **given}
    return FairSemaphore(Shares(**shares))  # type: ignore[arg-type]


@asynccontextmanager
async def at_work(some: FairSemaphore, *holders: tuple[str, str]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """As many that ask for a place each, in this order, and keep it."""

    async def work(tenant: str, key: str) -> None:
        async with some.taken(tenant, key):
            await asyncio.Event().wait()

    tasks = []
    for holder in holders:
        tasks.append(asyncio.create_task(work(*holder)))
        await asyncio.sleep(0)
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError, Unavailable):
                await task
        assert (some.at_work, some.waiting) == (0, 0)


async def test_a_key_that_asks_for_much_waits_and_another_does_not() -> None:
    some = places()
    async with at_work(some, *[("a", "1")] * 5):
        assert (some.at_work, some.waiting) == (2, 3)
        async with asyncio.timeout(1), some.taken("a", "2"):
            assert some.at_work == 3
        async with asyncio.timeout(1), some.taken("b", "3"):
            assert some.at_work == 3


async def test_who_leaves_the_queue_at_the_moment_a_place_is_free_takes_none() -> None:
    some = places(total=1)

    async def ask() -> None:
        async with some.taken("b", "1"):
            pass

    async with some.taken("a", "1"):
        leaving, staying = asyncio.create_task(ask()), asyncio.create_task(ask())
        await asyncio.sleep(0)
        leaving.cancel()
    assert some.waiting == 0
    await staying
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert some.at_work == 0


async def test_a_tenant_with_many_keys_leaves_room_for_others() -> None:
    some = places()
    async with at_work(some, *[("a", str(n)) for n in range(9)]):
        assert (some.at_work, some.waiting) == (3, 6)
        async with asyncio.timeout(1), some.taken("b", "1"):
            assert some.at_work == 4


async def test_much_that_a_key_does_at_once_is_spread_over_turns_of_the_loop_and_another_key_is_not_behind_it() -> None:
    some, passed = places(per_key=1), list[tuple[int, str]]()
    turn = 0

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def step(tenant: str) -> None:
        await some.turn(tenant, "1")
        passed.append((turn, tenant))

    counting = asyncio.create_task(count_turns())
    await asyncio.gather(*(step(tenant) for tenant in [*"a" * 10, "b"]))
    counting.cancel()
    turns_of_a = [at for at, tenant in passed if tenant == "a"]
    assert len(set(turns_of_a)) == len(turns_of_a) == 10
    assert {tenant: at for at, tenant in passed}["b"] <= turns_of_a[1]
    await asyncio.sleep(0)
    assert (some.at_work, some.waiting) == (0, 0)


async def test_a_free_place_goes_to_whoever_has_the_fewest() -> None:
    some = places(total=2, per_tenant=2)
    async with at_work(some, ("a", "1"), ("a", "1"), ("a", "1"), ("a", "1"), ("b", "1")) as tasks:
        assert (some.at_work, some.waiting) == (2, 3)
        tasks[0].cancel()
        with suppress(asyncio.CancelledError):
            await tasks[0]
        assert (some.at_work, some.waiting) == (2, 2)
        assert ("b", "1") not in some._waiting


async def test_whoever_waits_too_long_or_behind_too_many_is_told_when_to_retry() -> None:
    some = places(per_key=1, waiting_per_key=1, patience=0.05)
    async with at_work(some, ("a", "1")):
        with pytest.raises(Unavailable) as refused:
            async with some.taken("a", "1"):
                pass
        assert (refused.value.code, refused.value.ids) == ("overloaded", {"retry_after": 1})
        waiting = asyncio.create_task(some._wait(("a", "1")))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            async with some.taken("a", "1"):
                pass
        with pytest.raises(Unavailable):
            await waiting


async def test_whoever_leaves_the_queue_keeps_no_place() -> None:
    some = places(per_key=1)
    async with at_work(some, ("a", "1"), ("a", "1"), ("a", "1")) as tasks:
        tasks[1].cancel()
        tasks[0].cancel()
        await asyncio.sleep(0.01)
        assert (some.at_work, some.waiting) == (1, 0)


async def test_who_comes_often_is_slowed_down_only_while_others_of_theirs_wait() -> None:
    some, loop = places(per_key=1), asyncio.get_running_loop()

    async def one() -> None:
        async with some.taken("a", "1", pause=0.05):
            await asyncio.sleep(0)

    began = loop.time()
    await one()
    assert loop.time() - began < 0.04
    await asyncio.gather(*(one() for _ in range(4)))
    assert loop.time() - began >= 0.15


async def test_many_statements_of_one_tenant_leave_connections_for_another(graph: Graph) -> None:
    shared, answered = Graph(graph._driver), list[str]()
    shared.turn = places().of_holder

    async def ask(tenant: str) -> None:
        HOLDER.set((tenant, "key"))
        await heads(shared, [])
        answered.append(tenant)

    await asyncio.gather(*map(ask, ["many"] * 60), ask("one"))
    assert answered.index("one") < 30
    assert len(answered) == 61
