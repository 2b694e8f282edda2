"""Queries on decisions: their state now or as of a moment, and their published revisions.

Every answer is resolved from the statements up to the moment; at the head it equals what was published, with the texts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Unpack

from beliefgraph.errors import NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.decision import DecisionState, DecisionStatus, Deliberation, EvidenceBehind
from beliefgraph.model.identity import decision_id
from beliefgraph.model.page import Page
from beliefgraph.model.time import NOW, AsOf, microseconds
from beliefgraph.services.access.scope import reach
from beliefgraph.services.decisions.statements import ResolvedDecision, decision_state, resolve_decisions
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.snapshots.as_of import HistoryPage, Snapshot, Snapshots
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.paging import DEFAULT_PAGE, Position
from beliefgraph.store import decisions as stored
from beliefgraph.store.evidence import EvidenceWithSource, evidence_by_ids
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


class Decisions:
    """Answers queries on decisions; twins are named by the application's names, decisions by their keys."""

    def __init__(
        self, graph: Graph, keyring: Keyring, book: DefinitionBook, *, snapshots: Snapshots | None = None
    ) -> None:
        self._graph = graph
        self._keyring = keyring
        self._snapshots = snapshots or Snapshots(graph, book)

    async def decisions(
        self,
        caller: Caller,
        twin: str,
        status: Collection[DecisionStatus] | None = None,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[DecisionState]:
        """A page of the decisions of these statuses, or of all, by time of the first statement, latest first."""
        id_, statuses = reach(caller, twin), None if status is None else sorted(status)
        walk = paging.walk("decisions", id_, statuses, as_of, first=first, after=after)
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev, walk.rev)
        resolved = await asyncio.to_thread(resolve_decisions, moment.state, moment.at)
        listed = sorted((one for one in resolved.values() if status is None or one.status in status), key=_order)
        following = [one for one in listed if walk.begin is None or _order(one) > walk.begin.order]
        states = await self._states(moment, following[: walk.limit])
        return walk.page(
            states,
            lambda state: Position(-float(microseconds(state.opened_at)), state.decision.id, state.rev),
            rev=moment.state.rev,
            valid_time=moment.at,
            total=len(listed),
        )

    async def decision(
        self, caller: Caller, twin: str, key: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> DecisionState:
        """The state of one decision; `unknown-decision` if nothing was stated about it by then."""
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        resolved = (await asyncio.to_thread(resolve_decisions, moment.state, moment.at)).get(
            decision_id(moment.state.id, key)
        )
        if resolved is None:
            raise _unknown(twin, key)
        return (await self._states(moment, [resolved]))[0]

    async def history(self, caller: Caller, twin: str, key: str, **page: Unpack[HistoryPage]) -> Page[Deliberation]:
        """Published revisions of a decision, newest first."""
        of = Deliberation, decision_id(reach(caller, twin), key)
        read = partial(stored.deliberations, self._graph)
        found = await self._snapshots.history(caller, twin, "decision history", key, of, read, **page)
        if found.nothing:
            raise _unknown(twin, key)
        return found

    async def _states(self, moment: Snapshot, decisions: Sequence[ResolvedDecision]) -> list[DecisionState]:
        """The state of decisions, with the texts of their statements and their sources."""
        state = moment.state
        texts = await stored.texts_of(
            self._graph, self._keyring, state.id, sorted({id_ for one in decisions for id_ in one.with_texts})
        )
        rows = await evidence_by_ids(self._graph, state.id, sorted({id_ for one in decisions for id_ in one.evidence}))
        published = state.deliberations
        return [
            decision_state(
                one,
                texts,
                [_behind(rows[id_]) for id_ in one.evidence],
                moment.at,
                state.rev,
                published[one.decision.id].rev_from if one.decision.id in published else None,
            )
            for one in decisions
        ]


def _behind(row: EvidenceWithSource) -> EvidenceBehind:
    one = row.evidence
    return EvidenceBehind(id=one.id, twin=one.twin, summary=one.summary, source=row.source.name, time=one.time)


def _order(resolved: ResolvedDecision) -> tuple[float, str]:
    """The place of a decision in the order by time of the first statement, latest first; ties by id."""
    return -float(microseconds(resolved.since)), resolved.decision.id


def _unknown(twin: str, key: str) -> NotFound:
    return NotFound("unknown-decision", f"This twin has no decision {key!r} at that moment.", twin=twin, decision=key)
