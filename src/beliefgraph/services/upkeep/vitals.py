"""The state of a process in numbers: work in progress, waiting, and in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from beliefgraph.errors import BeliefgraphError
from beliefgraph.services.changes.changes import Changes
from beliefgraph.services.process.fair_semaphore import FairSemaphore
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.store.events import quarantine_size
from beliefgraph.store.graph import CONNECTION_POOL, Graph
from beliefgraph.telemetry.metrics import State

PATIENCE_S = 2.0
"""Timeout in seconds for reading the size of the quarantine from Neo4j."""


@dataclass(frozen=True)
class Vitals:
    """The parts of a service whose state is read on request."""

    graph: Graph
    cache: TwinCache
    changes: Changes
    places: FairSemaphore
    ready: Callable[[], None]

    async def read(self) -> list[State]:
        """The state of all parts, without that of Neo4j if it does not answer in time."""
        twins, size = self.cache.filled
        followers, slowest = self.changes.followers
        states = [
            State("ready", "Whether /readyz says ready.", self._is_ready()),
            State("places_in_use", "Requests being worked on.", self.places.at_work),
            State("places_waiting", "Requests waiting for a place.", self.places.waiting),
            State("store_sessions", "Sessions open to Neo4j; each takes a connection.", self.graph.sessions),
            State("store_connections_max", "Connections to Neo4j that the pool may have.", CONNECTION_POOL),
            State("cached_twins", "Twins in memory.", twins),
            State("cached_bytes", "Bytes that they take, about.", size),
            State("subscribers", "Subscriptions that are open.", followers),
            State("subscription_queue", "Changes waiting for the slowest subscriber.", slowest),
        ]
        try:
            async with asyncio.timeout(PATIENCE_S):
                waiting = await quarantine_size(self.graph)
        except (BeliefgraphError, TimeoutError):
            return states
        return [*states, State("quarantine_events", "Events in quarantine, of all tenants.", waiting)]

    def _is_ready(self) -> bool:
        try:
            self.ready()
        except BeliefgraphError:
            return False
        return True
