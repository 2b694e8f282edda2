"""Who gets a thread, who waits for one, and what ends when nobody wants it any more."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from beliefgraph.errors import Unavailable
from beliefgraph.inference.stop import check_stopped, in_abandonable_thread, stoppable
from beliefgraph.services.process.fair_semaphore import HOLDER
from beliefgraph.services.process.threads import Threads, long_work, threads


def steps_until_stopped() -> None:
    """What a long computation does: step after step, for as long as it is wanted."""
    for _ in range(2_000):
        check_stopped()
        time.sleep(0.005)


@asynccontextmanager
async def of_a_loop(cores: int = 2) -> AsyncIterator[Threads]:
    """Threads that are the event loop's for as long as the block lasts."""
    loop, made = asyncio.get_running_loop(), threads(cores)
    loop.set_default_executor(made)
    try:
        yield made
    finally:
        made.shutdown()
        loop.set_default_executor(threads())


async def handed_over(tenant: str, key: str, number: int, *, long: bool = False) -> list[asyncio.Task[None]]:
    """So many computations that a key hands over and that do not end by themselves."""

    async def hand_over() -> None:
        HOLDER.set((tenant, key))
        await (long_work(steps_until_stopped) if long else asyncio.to_thread(steps_until_stopped))

    tasks = [asyncio.create_task(hand_over()) for _ in range(number)]
    await asyncio.sleep(0.05)
    return tasks


async def ended(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def answered(tenant: str) -> None:
    """A question of a tenant, which must get a thread at once."""
    HOLDER.set((tenant, "question"))
    async with asyncio.timeout(1):
        assert await asyncio.to_thread(lambda: 1) == 1


async def test_a_tenant_that_computes_without_end_leaves_threads_for_another() -> None:
    async with of_a_loop() as some:
        tasks = [task for key in "abcdef" for task in await handed_over("greedy", key, 5)]
        assert (some.running, some.waiting) == (4, 26)
        await answered("other")
        await ended(tasks)


async def test_a_key_that_computes_without_end_leaves_threads_for_another_key() -> None:
    async with of_a_loop() as some:
        tasks = await handed_over("tenant", "greedy", 9)
        assert some.running == 1
        await answered("tenant")
        await ended(tasks)


async def test_long_work_of_many_tenants_leaves_the_threads_for_questions_alone() -> None:
    async with of_a_loop() as some:
        tasks = [task for n in range(9) for task in await handed_over(f"tenant {n}", "key", 2, long=True)]
        assert (some.running, some.waiting) == (2, 16)
        await answered("tenant 1")
        await ended(tasks)


async def test_who_has_the_fewest_threads_is_next() -> None:
    async with of_a_loop() as some:
        greedy = [task for key in "abcd" for task in await handed_over("greedy", key, 3)]
        others = [task for n in range(4) for task in await handed_over(f"tenant {n}", "key", 1)]
        assert some.running == 8
        modest = await handed_over("modest", "key", 1)
        await ended(others[:1])
        await asyncio.sleep(0.05)
        assert some.waiting == len(greedy) - 4
        await ended([*greedy, *others, *modest])


async def test_what_nobody_waits_for_any_more_stops_and_what_waits_is_never_begun() -> None:
    async with of_a_loop() as some:
        tasks = await handed_over("tenant", "key", 9)
        await ended(tasks)
        async with asyncio.timeout(1):
            while some.running:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert some.waiting == 0


async def test_all_stops_when_the_process_ends_and_waiting_calls_are_refused() -> None:
    some = threads(2)
    asyncio.get_running_loop().set_default_executor(some)
    tasks = [*await handed_over("tenant", "a", 1), *await handed_over("tenant", "b", 1)]
    began = time.monotonic()
    some.shutdown()
    assert time.monotonic() - began < 0.5
    asyncio.get_running_loop().set_default_executor(threads())
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [error.code for error in told if isinstance(error, Unavailable)] == ["took-too-long"] * 2


async def test_what_does_not_look_whether_it_is_wanted_does_not_hold_up_the_end() -> None:
    some, free = threads(2), threading.Event()
    asyncio.get_running_loop().set_default_executor(some)
    stuck = asyncio.create_task(asyncio.to_thread(free.wait, 10))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    some.shutdown()
    assert time.monotonic() - began < 2.0
    asyncio.get_running_loop().set_default_executor(threads())
    free.set()
    await stuck


def test_a_computation_without_a_flag_is_always_wanted() -> None:
    check_stopped()


@pytest.mark.parametrize("cores", [1, 2, 64])
def test_long_work_never_has_all_the_threads(cores: int) -> None:
    some = threads(cores)
    assert some._max_workers > max(2, cores - 1)
    some.shutdown()


async def test_an_uninterruptible_step_is_abandoned_when_nobody_waits_for_it() -> None:
    async with of_a_loop():
        began, release = threading.Event(), threading.Event()

        def piece() -> bool:
            began.set()
            return release.wait(30)

        task = asyncio.create_task(long_work(in_abandonable_thread, piece))
        assert await asyncio.to_thread(began.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        async with asyncio.timeout(2):
            assert await long_work(lambda: 1) == 1  # the thread is free again
        release.set()


def test_a_step_of_one_piece_brings_what_it_finds_and_what_goes_wrong() -> None:
    def wrong() -> None:
        raise TimeoutError("of its own")

    with stoppable(threading.Event()):
        assert in_abandonable_thread(lambda: 1) == 1
        with pytest.raises(TimeoutError, match="of its own"):
            in_abandonable_thread(wrong)
