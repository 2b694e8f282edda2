"""The policies of tenants: published as numbered records, and known in every process within half a second.

So are the attributes that catalogs mark as special; these have a category in every policy.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
from cachetools import LRUCache
from pydantic import ValidationError

from beliefgraph.errors import Conflict, Incorrect, Unavailable
from beliefgraph.model.caller import Caller
from beliefgraph.model.permission import NumberedPolicy, Policy
from beliefgraph.model.time import Clock
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.permissions.special import with_special
from beliefgraph.services.process.flights import Flights
from beliefgraph.store import permissions as stored
from beliefgraph.store.graph import Graph

KNOWN_FOR = 0.5
"""Seconds for which a policy is cached."""

CACHED = 10_000
"""Most tenants whose policies are kept in memory."""

TRIES = 5


class Policies:
    """The policies in force; they are in the home database."""

    def __init__(
        self,
        graph: Graph,
        clock: Clock,
        book: DefinitionBook | None = None,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._graph = graph
        self._clock = clock
        self._book = book
        self._ticks = ticks
        self._known: LRUCache[str, tuple[float, NumberedPolicy | None]] = LRUCache(CACHED)
        self._reading: Flights[str, NumberedPolicy | None] = Flights()

    async def in_force(self, tenant: str) -> NumberedPolicy | None:
        """The policy of a tenant; None where none was published, so that everything is permitted."""
        known = self._known.get(tenant)
        if known is not None and self._ticks() - known[0] < KNOWN_FOR:
            return known[1]
        return await self._reading.join(tenant, lambda: self._read(tenant))

    async def required(self, tenant: str) -> NumberedPolicy:
        """The policy of a tenant; `invalid-permission` where there is none, so that nothing can be permitted."""
        policy = await self.in_force(tenant)
        if policy is None:
            raise Incorrect("invalid-permission", "This tenant has no policy yet; publish one first.", tenant=tenant)
        return policy

    async def publish(self, caller: Caller, policy: Policy) -> NumberedPolicy:
        """Put a policy in force; publishing the same again changes nothing. Refused to a person's key."""
        caller.require("define")
        caller.require_service()
        for _ in range(TRIES):
            found = await stored.in_force(self._graph, caller.tenant)
            known = None if found is None else found[0]
            if known is not None and known.policy == policy:
                return known
            following = NumberedPolicy(
                tenant=caller.tenant,
                number=1 if known is None else known.number + 1,
                at=self._clock.now(),
                actor=caller.actor,
                policy=policy,
            )
            try:
                await stored.publish(self._graph, following)
            except Conflict:
                continue  # another call published in the meantime, perhaps the same
            self._known.pop(caller.tenant, None)
            return following
        raise Unavailable("overloaded", "Others keep publishing policies; try again.", tenant=caller.tenant)

    async def shown(self, caller: Caller) -> NumberedPolicy | None:
        """The policy in force, for callers who may read."""
        caller.require("read")
        return await self.in_force(caller.tenant)

    async def _read(self, tenant: str) -> NumberedPolicy | None:
        begun = self._ticks()
        found = await stored.in_force(self._graph, tenant)
        policy = None if found is None else found[0]
        if found is not None and self._book is not None:
            policy = with_special(found[0], (await self._book.numbered(tenant, found[1])).definitions)
        self._known[tenant] = (begun, policy)
        return policy


def read_policy(given: Any) -> Policy:
    """The policy in a document; `invalid-policy` names the place of an error."""
    try:
        return Policy.model_validate_json(orjson.dumps(given))
    except (TypeError, ValueError) as error:
        if not isinstance(error, ValidationError):
            raise Incorrect("invalid-policy", f"This is not a policy: {error}.") from None
        wrong = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in wrong["loc"])
        raise Incorrect("invalid-policy", f"{place or 'policy'}: {wrong['msg']}.", field=place or None) from None
