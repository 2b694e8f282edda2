"""The bell: rung after a commit of this process, so that whoever watches the store looks at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress


class Bell:
    """A hint and no more: a commit of another process does not ring it. For use within one event loop."""

    def __init__(self) -> None:
        self._rung: set[str] = set()
        self._heard = asyncio.Event()

    def ring(self, twin: str) -> None:
        """Say that a twin, by its id, has a new commit."""
        self._rung.add(twin)
        self._heard.set()

    async def wait(self, seconds: float) -> frozenset[str]:
        """The twins it was rung for since last asked; empty if it stays silent for so long."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._heard.wait(), seconds)
        rung, self._rung = frozenset(self._rung), set()
        self._heard.clear()
        return rung
