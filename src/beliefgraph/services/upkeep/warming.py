"""The kernels of the inference, which a new installation compiles first: until they are there, whoever asks waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from beliefgraph.errors import Unavailable

log = structlog.get_logger(__name__)


class Warming:
    """Has the kernels made ready, once, while the process already answers its probes."""

    def __init__(self, warm: Callable[[], None], patience: float) -> None:
        """`warm` runs in a thread; `patience` is in seconds."""
        self._warm = warm
        self._patience = patience
        self._done = asyncio.Event()

    async def run(self) -> None:
        """Make them ready; if that fails it is logged, and the process never says that it is ready."""
        try:
            await asyncio.to_thread(self._warm)
        except Exception:
            log.exception("the kernels of the inference could not be made ready")
        else:
            self._done.set()

    def check(self) -> None:
        """Refuse with `warming-up` until they are there."""
        if not self._done.is_set():
            raise Unavailable("warming-up", "The inference is being compiled, once per installation; try again soon.")

    async def wait(self) -> None:
        """Wait until they are there, and refuse with `warming-up` when patience ends."""
        if self._done.is_set():
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._done.wait()
        except TimeoutError:
            self.check()

    async def finished(self) -> None:
        """Wait until they are there, however long that takes."""
        await self._done.wait()
