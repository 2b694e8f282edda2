"""Reading beliefs: rows of what was published, and rows recomputed at a moment."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from beliefgraph.model.belief import BeliefKey, BeliefState, logit
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.identity import belief_id
from beliefgraph.model.question import BeliefFilter, BeliefOrder, BeliefRow
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.definitions.describe import describe
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.calibrated import calibrated
from beliefgraph.services.derivation.grid import published
from beliefgraph.services.explanation.chains import chains
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.snapshots.recompute import Recomputed, recompute
from beliefgraph.services.twin.paging import Position
from beliefgraph.services.twin.rows import Neighbourhoods
from beliefgraph.store import beliefs as stored
from beliefgraph.store.beliefs import FoundBeliefs, Neighbourhood, PublishedBelief
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

FEW = 200
"""Most beliefs whose rows are built in the event loop; more are built in a thread."""


class BeliefReader:
    """Reads the beliefs of twins that the caller may reach; `twin` is an id here, `name` is for refusals."""

    def __init__(self, graph: Graph, keyring: Keyring, book: DefinitionBook, snapshots: Snapshots) -> None:
        self._graph = graph
        self._keyring = keyring
        self._book = book
        self._snapshots = snapshots

    async def held(
        self,
        caller: Caller,
        twin: str,
        name: str,
        matching: BeliefFilter,
        order: BeliefOrder,
        wanted: Neighbourhood,
        *,
        limit: int,
        belief: str | None = None,
        begin: Position | None = None,
    ) -> FoundBeliefs:
        """What was published: from the twin in memory if cached, else read in one Cypher statement."""
        rev = None if begin is None else begin.rev
        published = await self._snapshots.published(caller, twin, name, rev)
        if published is not None:
            if belief is not None:
                return published.one(belief, wanted)
            return published.page(matching, order, wanted, limit=limit, begin=begin)

        async def read() -> FoundBeliefs | None:
            if belief is not None and not wanted.relation_levels:
                return await stored.held_one(self._graph, twin, belief, rev)
            return await stored.held_page(
                self._graph,
                twin,
                matching,
                order,
                wanted,
                limit=limit,
                rev=rev,
                belief=belief,
                after=None if begin is None else (begin.value, begin.id),
            )

        return await self._snapshots.settled(twin, name, rev, read)

    async def rows_of(
        self,
        caller: Caller,
        twin: str,
        name: str,
        held: FoundBeliefs,
        wanted: Neighbourhood,
        *,
        with_evidence: bool,
        with_exact: bool,
    ) -> list[BeliefRow]:
        """The rows of published beliefs."""
        definitions = (await self._book.numbered(caller.tenant, held.definitions)).definitions
        if len(held.beliefs) <= FEW:
            rows = _rows(held, definitions, wanted)
        else:
            rows = await asyncio.to_thread(_rows, held, definitions, wanted)
        if not with_evidence and not with_exact:
            return rows
        seen = await self.recomputed(caller, twin, name, NOW, rev=held.rev)
        if with_exact:
            rows = [row.model_copy(update={"exact": seen.exactly(row.state)}) for row in rows]
        return await self._with_evidence(seen, rows) if with_evidence else rows

    async def rows_at(
        self,
        seen: Recomputed,
        states: Sequence[BeliefState],
        wanted: Neighbourhood,
        *,
        with_evidence: bool,
        with_exact: bool,
    ) -> list[BeliefRow]:
        """The rows of recomputed beliefs."""
        known = {state.belief.id: state for state in states}
        relations: list[stored.RelationRow] = []
        if wanted.relation_levels:
            known |= {state.belief.id: state for state in map(seen.state, seen.listed)}
            relations = [r for r in seen.relations if r.strength.kind in wanted.relation_kinds]
        alone = {
            id_: BeliefRow.trusted(state=state, exact=None, relations=None, evidence=None)
            for id_, state in known.items()
        }
        around = Neighbourhoods(alone, relations)
        rows = [around.row(state.belief.id, wanted.relation_levels) for state in states]
        if with_exact:
            rows = [row.model_copy(update={"exact": row.state}) for row in rows]
        return await self._with_evidence(seen, rows) if with_evidence else rows

    async def recomputed(
        self,
        caller: Caller,
        twin: str,
        name: str,
        as_of: AsOf,
        *,
        rev: int | None = None,
        also: Sequence[BeliefKey] = (),
    ) -> Recomputed:
        """The twin derived again at a moment, unrounded, with the beliefs in `also` as well as those stored."""
        moment = await self._snapshots.at(caller, twin, name, as_of, rev)
        return await asyncio.to_thread(recompute, moment, also)

    async def unstored(
        self, caller: Caller, twin: str, name: str, key: BeliefKey, held: FoundBeliefs
    ) -> tuple[BeliefState, BeliefState]:
        """The state of a belief that is not published: as it would be published, and exact."""
        seen = await self.recomputed(caller, twin, name, NOW, rev=held.rev, also=(key,))
        graph = seen.moment.graph
        if key.attribute not in graph.definitions.attributes:
            undefined = _at_prior(twin, key, await self.defined(caller, twin, name, key), held)
            return undefined, undefined
        graph.definitions.attribute_of(key)
        state = seen.state(seen.derived.layout.position[belief_id(twin, key)])
        if state.log_odds is None or state.prior is None:
            return state, state
        prior = logit(state.prior)
        shown = prior if published(state.log_odds) == published(prior) else published(state.log_odds)
        read = calibrated(graph.definitions, key.attribute, shown)
        return state.model_copy(update={"log_odds": shown, "calibrated_log_odds": read}), state

    async def defined(self, caller: Caller, twin: str, name: str, key: BeliefKey) -> DefinitionGraph:
        """The definitions in force for the caller, if the belief is defined in them; else its refusal."""
        latest = await self._snapshots.latest(caller, twin, name)
        latest.definitions.attribute_of(key)
        return latest

    async def _with_evidence(self, seen: Recomputed, rows: Sequence[BeliefRow]) -> list[BeliefRow]:
        """The same rows with the chain of each belief."""
        found = await chains(self._graph, self._keyring, seen, [row.state.belief.id for row in rows])
        return [row.model_copy(update={"evidence": found.get(row.state.belief.id, ())}) for row in rows]


def _rows(held: FoundBeliefs, definitions: Definitions, wanted: Neighbourhood) -> list[BeliefRow]:
    made = held.made.of(held.beliefs, wanted)
    if made is not None:
        return made
    alone = held.made.alone
    for row in (*held.others, *held.beliefs):
        if row.belief.id not in alone:
            state = _state(row, held, definitions)
            alone[row.belief.id] = BeliefRow.trusted(state=state, exact=None, relations=None, evidence=None)
    around = Neighbourhoods(alone, held.relations)
    rows = [around.row(row.belief.id, wanted.relation_levels) for row in held.beliefs]
    if wanted.relation_levels:
        held.made.keep(rows, wanted, around.made)
    return rows


def _state(row: PublishedBelief, held: FoundBeliefs, definitions: Definitions) -> BeliefState:
    return BeliefState.trusted(
        belief=row.belief,
        log_odds=row.log_odds,
        prior=definitions.attributes[row.belief.attribute].prior_of(row.belief.value),
        status=row.status,
        quality=row.quality,
        error=row.error,
        valid_time=held.head_time,
        rev=held.rev,
        changed_at_rev=row.changed_at_rev,
        apart=None,
        calibrated_log_odds=calibrated(definitions, row.belief.attribute, row.log_odds),
    )


def _at_prior(twin: str, key: BeliefKey, graph: DefinitionGraph, held: FoundBeliefs) -> BeliefState:
    prior = graph.definitions.attribute(key.attribute).prior_of(key.value)
    return BeliefState(
        belief=describe(twin, belief_id(twin, key), key, graph),
        log_odds=None if prior is None else logit(prior),
        prior=prior,
        status="forming",
        quality="exact" if prior is not None else "unavailable",
        valid_time=held.head_time,
        rev=held.rev,
        calibrated_log_odds=calibrated(graph.definitions, key.attribute, None if prior is None else logit(prior)),
    )
