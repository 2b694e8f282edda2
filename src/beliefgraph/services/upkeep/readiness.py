"""Whether this process can serve: checked in the background, so that any number of probes is answered from memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from beliefgraph.errors import BeliefgraphError, Unavailable

log = structlog.get_logger(__name__)

EVERY_S = 1.0
PATIENCE_S = 2.0
"""Seconds between two checks, and timeout of one."""

STALE_S = 5.0
"""Seconds after which a good result is outdated."""


class Readiness:
    """Checks repeatedly whether the store responds."""

    def __init__(self, ping: Callable[[], Awaitable[None]], *, every: float = EVERY_S) -> None:
        """`ping` returns if all is well and raises a refusal if not; `every` is in seconds."""
        self._ping = ping
        self._every = every
        self._well_at = float("-inf")
        self._refusal: BeliefgraphError | None = None

    async def run(self) -> None:
        """Check until cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._every)

    async def refresh(self) -> None:
        """Check once, and store the result."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._ping()
        except BeliefgraphError as error:
            self._refusal = error
        except TimeoutError:
            self._refusal = Unavailable("store-unavailable", f"Neo4j did not answer within {PATIENCE_S:g} s.")
        except Exception:
            log.exception("it could not be found out whether the store answers")
            self._refusal = Unavailable("store-unavailable", "It is not known whether Neo4j answers.")
        else:
            self._refusal, self._well_at = None, time.monotonic()

    def check(self) -> None:
        """Refuse with the result of the last check, or if the last good one is outdated."""
        if self._refusal is not None:
            raise self._refusal
        if time.monotonic() - self._well_at > STALE_S:
            raise Unavailable("store-unavailable", f"Neo4j has not answered for {STALE_S:g} s.")
