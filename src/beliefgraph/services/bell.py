"""The bell: rung after a commit of this process, so that whoever follows or awaits the twin looks at once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress


class Bell:
    """A hint and no more: a commit of another process does not ring it. For one event loop.

    One listener follows any number of twins; anybody may await a single one.
    """

    def __init__(self) -> None:
        self._wanted: Container[str] = frozenset()
        self._rung = asyncio.Event()
        self._awaited: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    def listen(self, wanted: Container[str]) -> None:
        """Hear it for these twins alone; `wanted` may change later."""
        self._wanted = wanted

    def ring(self, twin: str) -> None:
        """Say that a twin, by its id, has a new commit."""
        if twin in self._wanted:
            self._rung.set()
        for rung in self._awaited.get(twin, ()):
            rung.set()

    @contextmanager
    def awaiting(self, twin: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever it is rung for a twin, by its id, until the block ends."""
        rung = asyncio.Event()
        self._awaited[twin].add(rung)
        try:
            yield rung
        finally:
            self._awaited[twin].discard(rung)
            if not self._awaited[twin]:
                del self._awaited[twin]

    async def wait(self, seconds: float) -> None:
        """Return when it is rung for a wanted twin, or was since last asked; else after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()
