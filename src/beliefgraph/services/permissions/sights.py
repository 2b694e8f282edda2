"""What callers see of twins: the policy in force, the current permissions, and the resulting twin."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cachetools import LRUCache

from beliefgraph.errors import Forbidden
from beliefgraph.model.caller import Caller
from beliefgraph.model.permission import NumberedPolicy, Permission, Use, matches
from beliefgraph.model.time import Clock
from beliefgraph.services.access.accesses import AccessLog
from beliefgraph.services.access.scope import no_such_twin, owns, reach
from beliefgraph.services.commits.layers import LAYERS
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.layer.protocol import Layer
from beliefgraph.services.permissions.enforce import permitted
from beliefgraph.services.permissions.hidden import Part, PermittedDefinitions
from beliefgraph.services.permissions.included import EVERYBODY, Included, included
from beliefgraph.services.permissions.policies import Policies
from beliefgraph.services.permissions.receipt import consent_receipt
from beliefgraph.services.permissions.sight import NOTHING, WHOLE, Sight, needs_no_permission, restricted, sight_of
from beliefgraph.services.permissions.uses import uses
from beliefgraph.services.twin.cache import TwinCache
from beliefgraph.services.twin.heads import Head, Heads
from beliefgraph.services.twin.published import Published
from beliefgraph.services.twin.state import TwinState
from beliefgraph.store import permissions as stored
from beliefgraph.store.graph import Graph

KEPT = 256
"""Most twins under a sight kept in memory, the most recently used."""


@dataclass(frozen=True)
class Visibility:
    """What a caller may see, under the policy of this number."""

    sight: Sight
    policy: NumberedPolicy | None = None

    @property
    def whole(self) -> bool:
        """Whether everything is permitted."""
        return self.sight.whole

    @property
    def special(self) -> bool:
        """Whether it may include a special category."""
        if self.policy is None or self.sight.nothing:
            return False
        return any(each.special and each not in self.sight.refused for each in self.policy.policy.categories)


EVERYTHING = Visibility(WHOLE)


class Sights:
    """Decides what part of a twin exists for a caller, at the present moment."""

    def __init__(
        self,
        graph: Graph,
        policies: Policies,
        clock: Clock,
        cache: TwinCache | None = None,
        log: AccessLog | None = None,
        layers: Sequence[Layer] = LAYERS,
    ) -> None:
        self.layers = layers
        self._graph = graph
        self._policies = policies
        self._clock = clock
        self._cache = cache
        self._log = log
        self._heads = Heads(graph)
        self._definitions = PermittedDefinitions()
        self._states: LRUCache[tuple[object, ...], tuple[TwinState, Published | None]] = LRUCache(KEPT)

    async def of(self, caller: Caller, twin: str, name: str, head: Head | None = None) -> Visibility:
        """What the caller may see of a twin, by its id; if nothing, refused (`not-found`) as if it did not exist.

        `head` is where the store just said that the twin is. If a special category may be shown, this is in the access
        log before the call returns.
        """
        seen = await self._seen(caller, twin, name, head)
        if seen.sight.nothing:
            caller.note(twin, "read", "not-found")
            raise no_such_twin(name)
        if self._log is not None and seen.special:
            await self._log.written(twin)
        return seen

    async def whole(self, caller: Caller, twin: str, name: str) -> None:
        """Refuse an answer that needs all data of a twin: `not-permitted` unless everything is permitted."""
        if not (await self.of(caller, twin, name)).whole:
            caller.note(twin, "read", "not-permitted")
            raise Forbidden(
                "not-permitted",
                f"Not all data about {name!r} is permitted for this purpose, and this cannot be answered in part.",
                twin=name,
                purpose=caller.purpose,
            )

    async def included(self, caller: Caller) -> Included:
        """The twins that an answer from all twins together includes: the fully permitted ones.

        These are all twins in a tenant without a policy, and for a purpose required by law; `not-permitted` for a
        purpose that the policy does not name. Only twins with a statement about this purpose are examined.
        """
        policy = await self._policies.in_force(caller.tenant)
        if policy is None or needs_no_permission(policy.policy, caller.purpose):
            return EVERYBODY
        if policy.policy.purpose(caller.purpose) is None:
            raise Forbidden("not-permitted", "The tenant's policy does not name this purpose.", purpose=caller.purpose)
        now = self._clock.now()
        found = await stored.stated(self._graph, caller.tenant, (caller.purpose, None), now)
        return included(policy.policy, caller, found, now)

    async def stated(self, caller: Caller, name: str) -> list[Permission]:
        """The permissions stated about a twin, for the person, and for keys that may define."""
        twin = reach(caller, name)
        if not owns(caller, name):
            caller.require("define")
        found = (await stored.of_twins(self._graph, [twin])).get(twin)
        if found is None:
            raise no_such_twin(name)
        return sorted(found, key=lambda each: (each.key, each.valid_from))

    async def restricted(self, caller: Caller, name: str) -> bool:
        """Whether the use of a twin is restricted now, for callers who may see the permissions (`stated`)."""
        return restricted(await self.stated(caller, name), self._clock.now())

    async def uses(self, caller: Caller, name: str) -> list[Use] | None:
        """What each purpose may use of a twin, for callers who may see permissions (`stated`); None if no policy."""
        stated, policy = await self.stated(caller, name), await self._policies.in_force(caller.tenant)
        return None if policy is None else uses(policy, stated, name, self._clock.now())

    async def receipt(self, caller: Caller, name: str) -> dict[str, Any]:
        """The consent receipt of a twin, for callers who may see the permissions (`stated`).

        `invalid-permission` where the tenant has no policy.
        """
        stated, policy = await self.stated(caller, name), await self._policies.required(caller.tenant)
        return consent_receipt(policy, name, stated, self._clock.now())

    async def policy(self, tenant: str) -> NumberedPolicy | None:
        """The policy of a tenant; None where none was published."""
        return await self._policies.in_force(tenant)

    async def of_each(self, caller: Caller, twins: Sequence[tuple[str, str]]) -> list[Visibility]:
        """What the caller may see of each of these twins, by id and name; including those where it is nothing."""
        policy = await self._policies.in_force(caller.tenant)
        if policy is None:
            return [EVERYTHING] * len(twins)
        known = await stored.of_twins(self._graph, [id_ for id_, _ in twins])
        return [self._by(policy, caller, name, known.get(id_, ())) for id_, name in twins]

    async def whole_of(self, caller: Caller, twins: Iterable[TwinState]) -> Container[str]:
        """The names of the twins, among these new states, that the caller may see completely."""
        policy = await self._policies.in_force(caller.tenant)
        return {
            twin.name for twin in twins if policy is None or self._by(policy, caller, twin.name, twin.permissions).whole
        }

    async def _seen(self, caller: Caller, twin: str, name: str, head: Head | None = None) -> Visibility:
        policy = await self._policies.in_force(caller.tenant)
        if policy is None or owns(caller, name):
            return EVERYTHING if policy is None else Visibility(WHOLE, policy)
        return self._by(policy, caller, name, await self._permissions(twin, head))

    def _by(self, policy: NumberedPolicy, caller: Caller, name: str, stated: Sequence[Permission] | None) -> Visibility:
        if stated is None:
            return Visibility(NOTHING, policy)
        return Visibility(sight_of(policy.policy, stated, caller, name, self._clock.now()), policy)

    async def _permissions(self, twin: str, head: Head | None) -> Sequence[Permission] | None:
        """The current permissions of a twin, from memory if cached; None if there is no such twin."""
        if self._cache is not None and self._cache.has(twin):
            head = head or await self._heads.of(twin)
            known = None if head is None else self._cache.peek(twin, head)
            if known is not None:
                return known.permissions
        return (await stored.of_twins(self._graph, [twin])).get(twin)

    def definitions(self, graph: DefinitionGraph, seen: Visibility) -> DefinitionGraph:
        """The definitions as they exist for the caller."""
        return graph if seen.whole else self.part(graph, seen).graph

    def part(self, graph: DefinitionGraph, seen: Visibility) -> Part:
        """The part of the definitions that exists for a caller who may see only part of a twin."""
        assert seen.policy is not None
        return self._definitions.of(graph, seen.sight, seen.policy.policy)

    async def state(self, state: TwinState, graph: DefinitionGraph, seen: Visibility) -> TwinState:
        """The twin as it exists for the caller, given it and its definitions as they are stored."""
        if seen.whole or seen.policy is None:
            return state
        key = (state.id, state.life, state.rev, seen.policy.number, seen.sight)
        kept = self._states.get(key)
        if kept is None:
            outside = await self.outside(state, seen)
            closed = await stored.closed(self._graph, state.id, state.rev)
            found = await asyncio.to_thread(permitted, state, self.part(graph, seen), outside, self.layers, closed)
            kept = self._states[key] = (found, None if found.head_time is None else Published(found))
        return kept[0]

    def published(self, state: TwinState, seen: Visibility) -> Published:
        """What a twin returned by `state` has published."""
        assert seen.policy is not None
        kept = self._states.get((state.id, state.life, state.rev, seen.policy.number, seen.sight))
        return Published(state) if kept is None or kept[1] is None else kept[1]

    def hides(self, seen: Visibility, type_: str) -> bool:
        """Whether an event without evidence is refused by its type: by its category, or because it is in none."""
        assert seen.policy is not None
        inside = [each for each in seen.policy.policy.categories if matches(each.events, type_)]
        refused = {each.key for each in seen.sight.refused}
        return any(each.key in refused for each in inside) if inside else seen.sight.general

    async def outside(self, state: TwinState, seen: Visibility) -> set[str]:
        """The evidence of events and sources that belong to refused categories."""
        categories = () if seen.policy is None else seen.policy.policy.categories
        if not any(each.events or each.sources for each in categories):
            return set()
        refused = {each.key for each in seen.sight.refused}
        return {
            evidence
            for type_, source, evidence_ids in await stored.evidence_by_event(self._graph, state.id)
            if any(
                each.key in refused and (matches(each.events, type_) or matches(each.sources, source))
                for each in categories
            )
            for evidence in evidence_ids
        }
