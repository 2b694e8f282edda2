"""Queries on twins and their beliefs: now, as of a moment, with evidence, and differences.

A query without `as_of` is answered from what was published. One with `as_of` is recomputed, unrounded, from the rows
that the rev sees, at the requested valid time. Every answer has the rev it is based on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Unpack

from beliefgraph.errors import NotFound
from beliefgraph.model.belief import BeliefKey, Holding
from beliefgraph.model.caller import Caller
from beliefgraph.model.commit import Comparison
from beliefgraph.model.distribution import Distribution
from beliefgraph.model.identity import belief_id, twin_id
from beliefgraph.model.page import Answer, Page
from beliefgraph.model.question import (
    EVERY_BELIEF,
    SUREST_FIRST,
    BeliefFilter,
    BeliefOrder,
    BeliefRow,
    EvidenceOn,
    RelatedBelief,
    RelationLevels,
    SourcedEvidence,
)
from beliefgraph.model.relation import RelationKind
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.model.twin import Twin
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.access.scope import no_such_twin, reach
from beliefgraph.services.beliefs.contests import ContestedBeliefs, contested_beliefs
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.explanation.chains import chain, chain_rows, comes_after, evidence_details
from beliefgraph.services.questions.compare import differences
from beliefgraph.services.questions.distribution import distribution, other, states_of
from beliefgraph.services.questions.reader import BeliefReader
from beliefgraph.services.snapshots.as_of import HistoryPage, Snapshots
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.paging import DEFAULT_PAGE, MAX_PAGE, Position
from beliefgraph.services.twin.rows import chain_position, following, ordered, place_of
from beliefgraph.store import beliefs as stored
from beliefgraph.store import evidence as stored_evidence
from beliefgraph.store.beliefs import Neighbourhood
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

MOST_BELIEFS = 2_000
"""Most beliefs on one page: as many as a large twin has. The related data of a query is bounded by its cost."""

ALL_KINDS: tuple[RelationKind, ...] = values_of(RelationKind)


class Questions:
    """Answers queries on twins; twins are named by the application's names."""

    def __init__(
        self, graph: Graph, keyring: Keyring, book: DefinitionBook, *, snapshots: Snapshots | None = None
    ) -> None:
        self._graph = graph
        self._keyring = keyring
        self._snapshots = snapshots or Snapshots(graph, book)
        self._reader = BeliefReader(graph, keyring, book, self._snapshots)

    async def twin(self, caller: Caller, name: str, *, at_least_rev: int | None = None) -> Twin:
        """The current twin; `not-found` if there is none."""
        id_ = reach(caller, name)
        await self._snapshots.reached(caller, id_, name, at_least_rev)
        seen = await self._snapshots.seen(caller, id_, name)
        found = await stored.twin_now(self._graph, id_, caller.tenant)
        if found is None:
            raise no_such_twin(name)
        return await self._snapshots.shown(caller, found, seen)

    async def twins(self, caller: Caller, *, first: int = DEFAULT_PAGE, after: str | None = None) -> Page[Twin]:
        """The tenant's twins, by name, that exist for the caller; a person's key sees only its own.

        The store is read until the page is full, so that a page reveals nothing about twins that do not exist for the
        caller.
        """
        caller.require("read")
        walk = paging.walk("twins", caller.tenant, first=first, after=after, by=str)
        found: list[Twin] = []
        after_name, limit, more = walk.text, walk.limit, True
        while more and len(found) < walk.limit:
            some = await stored.twins_named(
                self._graph, caller.tenant, only=caller.person, after=after_name, limit=limit
            )
            found += await self._snapshots.shown_of(caller, some, walk.limit - len(found))
            more, limit = len(some) == limit, MAX_PAGE
            after_name = some[-1].name if some else after_name
        return walk.page(found, lambda twin: Position(twin.name, twin.id))

    async def belief(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        relation_levels: RelationLevels = 0,
        relation_kinds: Sequence[RelationKind] = ALL_KINDS,
        with_evidence: bool = False,
        with_exact: bool = False,
    ) -> BeliefRow:
        """The current state of one belief; one that is not stored has its prior.

        `unknown-attribute` or `unknown-value` if it is undefined, `invalid-input` if a value is missing or superfluous.
        """
        id_ = reach(caller, twin)
        await self._snapshots.reached(caller, id_, twin, at_least_rev)
        wanted = Neighbourhood(relation_levels, relation_kinds)
        if not as_of.is_now:
            seen = await self._reader.recomputed(caller, id_, twin, as_of, also=(key,))
            position = seen.derived.layout.position.get(belief_id(id_, key))
            if position is None:
                raise seen.unknown(key)
            return (
                await self._reader.rows_at(
                    seen, [seen.state(position)], wanted, with_evidence=with_evidence, with_exact=with_exact
                )
            )[0]
        belief = belief_id(id_, key)
        held = await self._reader.held(caller, id_, twin, EVERY_BELIEF, SUREST_FIRST, wanted, limit=1, belief=belief)
        if held.beliefs:
            return (
                await self._reader.rows_of(
                    caller, id_, twin, held, wanted, with_evidence=with_evidence, with_exact=with_exact
                )
            )[0]
        state, exact = await self._reader.unstored(caller, id_, twin, key, held)
        return BeliefRow(
            state=state,
            exact=exact,
            relations=() if relation_levels else None,
            evidence=() if with_evidence else None,
        )

    async def belief_by_id(
        self,
        caller: Caller,
        id_: str,
        *,
        twin: str | None = None,
        as_of: AsOf = NOW,
        relation_levels: RelationLevels = 0,
        relation_kinds: Sequence[RelationKind] = ALL_KINDS,
        with_evidence: bool = False,
        with_exact: bool = False,
    ) -> BeliefRow:
        """The belief of that id; `not-found` if the caller may not see it.

        With the name of its `twin`, a belief that is not stored is found too, at its prior.
        """
        caller.require("read")
        found = await stored.belief_named(self._graph, id_, caller.tenant, caller.person)
        if found is not None and not await self._snapshots.shows_all(
            caller, twin_id(caller.tenant, found[0]), found[0]
        ):
            found = None  # stored and not stored must be indistinguishable
        if found is None and twin is not None:
            layout = (await self._reader.recomputed(caller, reach(caller, twin), twin, as_of)).derived.layout
            found = (twin, layout.keys[layout.position[id_]]) if id_ in layout.position else None
        if found is None:
            raise NotFound("not-found", f"There is no belief {id_!r}.", belief=id_)
        name, key = found
        return await self.belief(
            caller,
            name,
            key,
            as_of=as_of,
            relation_levels=relation_levels,
            relation_kinds=relation_kinds,
            with_evidence=with_evidence,
            with_exact=with_exact,
        )

    async def evidence_by_id(
        self, caller: Caller, id_: str, *, twin: str | None = None, as_of: AsOf = NOW
    ) -> SourcedEvidence:
        """The evidence of that id; `not-found` if the caller may not see it.

        With the name of its `twin`, it may also be the evidence of a metric at the moment.
        """
        caller.require("read")
        found = await stored_evidence.by_id(self._graph, id_, caller.tenant, caller.person)
        if found is not None:
            name, row, bearings = found
            if await self._snapshots.shows_all(caller, row.evidence.twin, name):
                evidence = row.opened(self._keyring)
                return SourcedEvidence(evidence=evidence, source=row.source, twin=name, bearings=bearings)
        if twin is not None:
            seen = await self._reader.recomputed(caller, reach(caller, twin), twin, as_of)
            kept = seen.derived.state.bearings
            hidden = found is not None and not any(True for _ in seen.derived.state.stated_in({id_}))
            details = None if hidden else (await evidence_details(self._graph, self._keyring, seen, [id_])).get(id_)
            if details is not None:
                rows = tuple(kept.records(kept.of_evidence({id_})))
                return SourcedEvidence(
                    evidence=details.evidence, source=details.source, twin=twin, bearings=rows, metric=details.metric
                )
        raise NotFound("not-found", f"There is no evidence {id_!r}.", evidence=id_)

    async def contested(self, caller: Caller, twin: str, rev: int | None = None) -> ContestedBeliefs:
        """The beliefs of a twin with evidence that the person contests, as of a rev."""
        moment = await self._snapshots.at(caller, reach(caller, twin), twin, NOW, rev)
        return await asyncio.to_thread(contested_beliefs, moment.state)

    async def beliefs(
        self,
        caller: Caller,
        twin: str,
        filter: BeliefFilter = EVERY_BELIEF,
        order: BeliefOrder = SUREST_FIRST,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        relation_levels: RelationLevels = 0,
        relation_kinds: Sequence[RelationKind] = ALL_KINDS,
        with_evidence: bool = False,
        with_exact: bool = False,
        with_total: bool = False,
    ) -> Page[BeliefRow]:
        """A page of the beliefs that match; `after` continues at the rev of the page it came from."""
        id_ = reach(caller, twin)
        by = str if order.by == "attribute" else float
        walk = paging.walk("beliefs", id_, filter, order, as_of, first=first, after=after, by=by, most=MOST_BELIEFS)
        await self._snapshots.reached(caller, id_, twin, at_least_rev)
        wanted = Neighbourhood(relation_levels, relation_kinds, with_total)
        if as_of.is_now:
            held = await self._reader.held(caller, id_, twin, filter, order, wanted, limit=walk.limit, begin=walk.begin)
            rev, at, total = held.rev, held.head_time, held.total
            rows = await self._reader.rows_of(
                caller, id_, twin, held, wanted, with_evidence=with_evidence, with_exact=with_exact
            )
        else:
            seen = await self._reader.recomputed(caller, id_, twin, as_of, rev=walk.rev)
            matching = [s for s in map(seen.state, seen.listed) if filter.matches(s)]
            rev, at, total = seen.moment.state.rev, seen.moment.at, len(matching) if with_total else None
            listed = following(ordered(matching, order), order, walk.begin)[: walk.limit]
            rows = await self._reader.rows_at(seen, listed, wanted, with_evidence=with_evidence, with_exact=with_exact)
        return walk.page(rows, lambda row: place_of(row.state, order, rev), rev=rev, valid_time=at, total=total)

    async def history(self, caller: Caller, twin: str, key: BeliefKey, **page: Unpack[HistoryPage]) -> Page[Holding]:
        """Published revisions of a belief, newest first."""
        id_ = reach(caller, twin)
        of = Holding, belief_id(id_, key)
        read = partial(stored.holdings, self._graph)
        found = await self._snapshots.history(caller, twin, "history", key, of, read, **page)
        if found.nothing:
            await self._reader.defined(caller, id_, twin, key)
        return found

    async def evidence(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[EvidenceOn]:
        """The chain of a belief: all evidence visible at the moment that bears on it directly, oldest first."""
        id_ = reach(caller, twin)
        walk = paging.walk("evidence", id_, key, as_of, first=first, after=after)
        await self._snapshots.reached(caller, id_, twin, at_least_rev)
        seen = await self._reader.recomputed(caller, id_, twin, as_of, rev=walk.rev)
        belief, rev = belief_id(id_, key), seen.moment.state.rev
        rows = chain_rows(seen, belief)
        if not len(rows):
            await self._reader.defined(caller, id_, twin, key)
        following = rows if walk.begin is None else rows[comes_after(seen, rows, walk.begin) :]
        found = await chain(self._graph, self._keyring, seen, {belief: following[: walk.limit]})
        return walk.page(
            found[belief], lambda row: chain_position(row, rev), rev=rev, valid_time=seen.moment.at, total=len(rows)
        )

    async def relations(
        self,
        caller: Caller,
        twin: str,
        key: BeliefKey,
        *,
        levels: RelationLevels = 1,
        kinds: Sequence[RelationKind] = ALL_KINDS,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Answer[tuple[RelatedBelief, ...]]:
        """The relations of a belief to other beliefs of its twin, with the state of these."""
        row = await self.belief(
            caller,
            twin,
            key,
            as_of=as_of,
            at_least_rev=at_least_rev,
            relation_levels=levels,
            relation_kinds=kinds,
        )
        return Answer(row.relations or (), row.state.rev, row.state.valid_time)

    async def distribution(
        self,
        caller: Caller,
        twin: str,
        variable: BeliefKey,
        *,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
        relation_levels: RelationLevels = 0,
        relation_kinds: Sequence[RelationKind] = ALL_KINDS,
        with_evidence: bool = False,
        with_exact: bool = False,
    ) -> Distribution:
        """The probability of every value of a categorical attribute, including `other`, unrounded; the sum is 1.

        `variable` is a key without a value; `unknown-attribute` if it is undefined, `invalid-input` if it is binary.
        """
        id_ = reach(caller, twin)
        await self._snapshots.reached(caller, id_, twin, at_least_rev)
        seen = await self._reader.recomputed(caller, id_, twin, as_of, also=(other(variable),))
        wanted = Neighbourhood(relation_levels, relation_kinds)
        rows = await self._reader.rows_at(
            seen, states_of(seen, variable), wanted, with_evidence=with_evidence, with_exact=with_exact
        )
        return distribution(seen, variable, rows)

    async def compare(
        self, caller: Caller, twin: str, a: AsOf, b: AsOf = NOW, *, at_least_rev: int | None = None
    ) -> Answer[Comparison]:
        """The differences between two moments, unrounded, largest move first; the rev is that of `b`."""
        id_ = reach(caller, twin)
        await self._snapshots.reached(caller, id_, twin, at_least_rev)
        before = await self._snapshots.at(caller, id_, twin, a)
        after = await self._snapshots.at(caller, id_, twin, b)
        found = await asyncio.to_thread(differences, before, after)
        return Answer(found, after.state.rev, after.at)
