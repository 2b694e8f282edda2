"""What a service does unasked: let time pass in quiet twins, and bring twins under new definitions."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import structlog

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.time import Clock
from beliefgraph.services.refresh import Refresher

log = structlog.get_logger(__name__)


class Upkeep:
    """What time and new definitions ask for: quiet twins age, and twins adopt the definitions in force."""

    def __init__(self, refresher: Refresher, clock: Clock, interval: float) -> None:
        self._refresher = refresher
        self._clock = clock
        self._interval = interval
        self._time_passes = False
        self._published: set[str] = set()
        self._news = asyncio.Event()

    def definitions_changed(self, tenant: str) -> None:
        """Let the twins of a tenant adopt what is in force, soon."""
        self._published.add(tenant)
        self._news.set()

    def let_time_pass(self) -> None:
        """Refresh quiet twins from now on, at every interval. A service does; a command that soon ends does not."""
        self._time_passes = self._interval > 0
        self._news.set()

    async def run(self) -> None:
        """Keep up until cancelled; what fails is logged and tried again at the next turn."""
        due = 0.0
        while True:
            self._news.clear()
            try:
                while self._published:
                    await self._refresher.adopt(self._published.pop())
                if self._time_passes and time.monotonic() >= due:
                    due = time.monotonic() + self._interval
                    await self._refresher.refresh_due(self._clock.now())
            except BeliefgraphError as error:
                log.warning("upkeep failed", code=error.code, reason=error.message)
            except Exception:
                log.exception("upkeep failed")
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._interval if self._time_passes else None)
