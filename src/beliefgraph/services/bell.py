"""The bell: rung after a commit of this process, so that whoever follows the twin looks at once."""

from __future__ import annotations

import asyncio
from collections.abc import Container
from contextlib import suppress


class Bell:
    """A hint and no more: a commit of another process does not ring it. For one event loop and one listener."""

    def __init__(self) -> None:
        self._wanted: Container[str] = frozenset()
        self._rung = asyncio.Event()

    def listen(self, wanted: Container[str]) -> None:
        """Hear it for these twins alone; `wanted` may change later."""
        self._wanted = wanted

    def ring(self, twin: str) -> None:
        """Say that a twin, by its id, has a new commit."""
        if twin in self._wanted:
            self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return when it is rung for a wanted twin, or was since last asked; else after so many seconds."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._rung.wait(), seconds)
        self._rung.clear()
