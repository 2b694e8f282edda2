"""Background tasks of a service: refresh twins, adopt definitions, process due events, make and resolve forecasts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import structlog

from beliefgraph.errors import BeliefgraphError
from beliefgraph.model.time import Clock
from beliefgraph.services.forecasts.keeper import ForecastKeeper
from beliefgraph.services.upkeep.refresh import Refresher

log = structlog.get_logger(__name__)

LOOK = 5.0
"""Most seconds between checks for events that are due: another process may add one at any time."""

LEAST_PAUSE = 0.2
"""Fewest seconds between checks."""


class Scheduler:
    """Refreshes quiet twins, processes events when due, and lets twins adopt definitions."""

    def __init__(
        self, refresher: Refresher, clock: Clock, interval: float, forecasts: ForecastKeeper | None = None
    ) -> None:
        self._refresher = refresher
        self._forecasts = forecasts
        self._clock = clock
        self._interval = interval
        self._time_passes = False
        self._serves = asyncio.Event()
        self._published: set[str] = set()
        self._news = asyncio.Event()

    def definitions_changed(self, tenant: str) -> None:
        """Let the twins of a tenant adopt the definitions in force, soon."""
        self._published.add(tenant)
        self._news.set()

    def start_background_work(self) -> None:
        """Refresh quiet twins at every interval from now on, and process due events.

        For services; not for short-lived commands.
        """
        self._time_passes = self._interval > 0
        self._serves.set()
        self._news.set()

    async def run(self) -> None:
        """Run until cancelled; failures are logged, and retried at the next turn."""
        await asyncio.gather(self._refresh(), self._take_in())

    async def _refresh(self) -> None:
        due = 0.0
        while True:
            self._news.clear()
            with _logged():
                while self._published:
                    await self._refresher.adopt(self._published.pop())
                if self._time_passes and time.monotonic() >= due:
                    due = time.monotonic() + self._interval
                    await self._refresher.refresh_due(self._clock.now())
                    if self._forecasts is not None:
                        await self._forecasts.keep()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), self._interval if self._time_passes else None)

    async def _take_in(self) -> None:
        """Process due events, and sleep until the next is due: independently of refreshes, which may take long."""
        await self._serves.wait()
        while True:
            pause = LOOK
            with _logged():
                done = await self._refresher.take_in_due(self._clock.now())
                for tenant, error in done.refused:
                    log.warning("events that are due are refused", tenant=tenant, code=error.code)
                due = await self._refresher.next_due()
                if due is not None and not done.refused:
                    pause = min(LOOK, max(LEAST_PAUSE, (due - self._clock.now()).total_seconds()))
            await asyncio.sleep(pause)


@contextmanager
def _logged() -> Iterator[None]:
    try:
        yield
    except BeliefgraphError as error:
        log.warning("scheduled work failed", code=error.code)
    except Exception:
        log.exception("scheduled work failed")
