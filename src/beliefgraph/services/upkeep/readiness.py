"""Whether this process can serve, as it found out lately: probes are answered from memory, however many come."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from beliefgraph.errors import BeliefgraphError, Unavailable

log = structlog.get_logger(__name__)

EVERY_S = 1.0
PATIENCE_S = 2.0
"""Seconds between two looks, and that one may take."""

STALE_S = 5.0
"""Seconds after which it is no longer believed that all was well."""


class Readiness:
    """Looks again and again whether the store can be asked."""

    def __init__(self, look: Callable[[], Awaitable[None]], *, every: float = EVERY_S) -> None:
        """`look` returns if all is well and raises a refusal if not; `every` is in seconds."""
        self._look = look
        self._every = every
        self._well_at = float("-inf")
        self._refusal: BeliefgraphError | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Look once, and remember what was found."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._look()
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
        """Refuse with what the last look found, or where the last good one is long ago."""
        if self._refusal is not None:
            raise self._refusal
        if time.monotonic() - self._well_at > STALE_S:
            raise Unavailable("store-unavailable", f"Neo4j has not answered for {STALE_S:g} s.")
