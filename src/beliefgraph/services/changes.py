"""Changes: the numbered notices that revisions were stored, asked for or followed as they come.

They are read from the store, so the commits of every process arrive; a bell only makes this process look sooner.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import Change
from beliefgraph.services.bell import Bell
from beliefgraph.store.graph import Graph

MAX_CHANGES = 200

INTERVAL = 1.0
"""Seconds between two looks at the store."""

QUEUE = 256
"""Changes that wait for one subscriber before it counts as too slow (`overloaded`)."""

RESUME_LIMIT = 10_000
"""Revs that a subscriber may be behind and still resume (`resume-expired` beyond)."""


class Changes:
    """The changes of twins, and subscriptions to them: one look at the store serves all subscribers of a process."""

    def __init__(
        self,
        graph: Graph,
        bell: Bell,
        *,
        interval: float = INTERVAL,
        queue: int = QUEUE,
        resume_limit: int = RESUME_LIMIT,
    ) -> None:
        self._graph = graph
        self._bell = bell
        self._interval = interval
        self._queue = queue
        self._resume_limit = resume_limit

    async def since(self, caller: Caller, twin: str, rev: int, *, limit: int = MAX_CHANGES) -> list[Change]:
        """The changes after a rev, in order, at most `limit` of them."""
        raise NotImplementedError

    def subscribe(self, caller: Caller, twin: str, after_rev: int | None = None) -> AsyncIterator[Change]:
        """Every change after a rev, in order, each once, for as long as it is iterated; None begins with the next.

        Raises `not-found` without such a twin; `resume-expired` where the rev is too far back or ahead of the twin, or
        the twin is erased; `overloaded` where the consumer is too slow: resume after the last rev received.
        """
        raise NotImplementedError

    async def close(self) -> None:
        """Stop looking at the store; whoever is subscribed is told `overloaded`."""
        raise NotImplementedError
