"""Notifies those who follow or await a twin that this process has committed to it."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress


class Notifier:
    """A hint only: commits of other processes are not notified. For one event loop.

    One listener follows any number of twins; any task may await a single one.
    """

    def __init__(self) -> None:
        self._wanted: Container[str] = frozenset()
        self._notified = asyncio.Event()
        self._awaited: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def listen(self, wanted: Container[str]) -> None:
        """Listen for these twins only; `wanted` may change later."""
        self._wanted = wanted

    def notify(self, twin: str) -> None:
        """Notify that a twin, by its id, has a new commit."""
        if twin in self._wanted:
            self._notified.set()
        for notified in self._awaited.get(twin, ()):
            notified.set()

    @contextmanager
    def awaiting(self, twin: str) -> Iterator[asyncio.Event]:
        """An event that is set with every new commit of a twin, by its id, until the block ends."""
        notified = asyncio.Event()
        self._awaited[twin].add(notified)
        try:
            yield notified
        finally:
            self._awaited[twin].discard(notified)
            if not self._awaited[twin]:
                del self._awaited[twin]

    async def wait(self, seconds: float) -> None:
        """Return at a new commit of a wanted twin, or if one came since the last call; else after this many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._notified.wait(), seconds)
        self._notified.clear()
