"""Shared work per key: work that several tasks request at the same time is done once for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
T = TypeVar("T")


class Flights(Generic[K, T]):
    """The work in progress, by key. For one event loop."""

    def __init__(self) -> None:
        self._under_way: dict[K, asyncio.Task[T]] = {}

    def has(self, key: K) -> bool:
        """Whether work for this key is in progress."""
        return key in self._under_way

    async def join(self, key: K, work: Callable[[], Awaitable[T]]) -> T:
        """The result of `work`, or of the work for this key already in progress.

        It continues if a waiting task gives up. An exception is raised in every waiting task.
        """
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.ensure_future(_run(work))
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)


async def _run(work: Callable[[], Awaitable[T]]) -> T:
    return await work()
