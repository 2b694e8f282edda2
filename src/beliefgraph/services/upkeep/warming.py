"""The inference kernels, which a new installation compiles first: until they are ready, callers wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from beliefgraph.errors import Unavailable

log = structlog.get_logger(__name__)


class Warming:
    """Compiles the kernels, once, while the process already answers its probes."""

    def __init__(self, warm: Callable[[], None], patience: float) -> None:
        """`warm` runs in a thread; `patience` is in seconds."""
        self._warm = warm
        self._patience = patience
        self._done = asyncio.Event()

    async def run(self) -> None:
        """Compile them; a failure is logged, and the process then never reports ready."""
        try:
            await asyncio.to_thread(self._warm)
        except Exception:
            log.exception("the kernels of the inference could not be made ready")
        else:
            self._done.set()

    def check(self) -> None:
        """Refuse with `warming-up` until they are ready."""
        if not self._done.is_set():
            raise Unavailable("warming-up", "The inference is being compiled, once per installation; try again soon.")

    async def wait(self) -> None:
        """Wait until they are ready; refuse with `warming-up` when patience ends."""
        if self._done.is_set():
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._done.wait()
        except TimeoutError:
            self.check()

    async def finished(self) -> None:
        """Wait until they are ready, without a limit."""
        await self._done.wait()
