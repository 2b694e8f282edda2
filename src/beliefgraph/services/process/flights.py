"""One flight per key: work that several ask for at the same time is done once, for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Flights(Generic[K, T]):
    """The work under way, by key. For one event loop."""

    def __init__(self) -> None:
        self._under_way: dict[K, asyncio.Task[T]] = {}

    def has(self, key: K) -> bool:
        """Whether work for this key is under way."""
        return key in self._under_way

    async def join(self, key: K, work: Callable[[], Awaitable[T]]) -> T:
        """What `work` returns, or what the work for this key that is under way already will return.

        It goes on when somebody who waits for it gives up. What it raises, everybody who waits is told.
        """
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(_run(work))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
