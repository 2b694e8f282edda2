"""Questions about decisions: how they stand, now or then, and what had been published of one.

Every answer is resolved from what was told by the moment; at the head it is what was published, with its words.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from beliefgraph.errors import NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.decision import DecisionState, DecisionStatus, Deliberation
from beliefgraph.model.identity import decision_id
from beliefgraph.model.page import Page
from beliefgraph.model.time import NOW, AsOf, microseconds
from beliefgraph.services import paging
from beliefgraph.services.decisions.told import ToldDecision, decision_state, resolve_decisions
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.moments import PATIENCE, Moment, Moments
from beliefgraph.services.paging import DEFAULT_PAGE, Place
from beliefgraph.services.scope import no_such_twin, reach
from beliefgraph.store import decisions as stored
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


class Decisions:
    """Answers questions about decisions; twins are named as their application names them, decisions by their keys."""

    def __init__(self, graph: Graph, keyring: Keyring, book: DefinitionBook, *, patience: float = PATIENCE) -> None:
        self._graph = graph
        self._keyring = keyring
        self._moments = Moments(graph, book, patience=patience)

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
        """A page of the decisions of these statuses, or of all, the one first told of most lately first."""
        id_, first = reach(caller, twin), paging.checked(first)
        mark = paging.mark("decisions", id_, None if status is None else sorted(status), as_of)
        begin = paging.decode(mark, after, float)
        await self._moments.reached(id_, twin, at_least_rev)
        rev = None if begin is None else begin.rev
        moment = await self._moments.at(id_, caller.tenant, twin, as_of, rev)
        told = await asyncio.to_thread(resolve_decisions, moment.state, moment.at)
        listed = sorted((one for one in told.values() if status is None or one.status in status), key=_order)
        following = [one for one in listed if begin is None or _order(one) > (float(begin.value), begin.id)]
        states = await self._states(moment, following[: first + 1])
        return paging.page(
            states,
            first,
            mark,
            lambda state: Place(-float(microseconds(state.opened_at)), state.decision.id, state.rev),
            after=begin,
            rev=moment.state.rev,
            valid_time=moment.at,
            total=len(listed),
        )

    async def decision(
        self, caller: Caller, twin: str, key: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> DecisionState:
        """One decision as it stands; `unknown-decision` if nobody had told of it by then."""
        id_ = reach(caller, twin)
        await self._moments.reached(id_, twin, at_least_rev)
        moment = await self._moments.at(id_, caller.tenant, twin, as_of)
        told = (await asyncio.to_thread(resolve_decisions, moment.state, moment.at)).get(decision_id(id_, key))
        if told is None:
            raise _unknown(twin, key)
        return (await self._states(moment, [told]))[0]

    async def history(
        self,
        caller: Caller,
        twin: str,
        key: str,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[Deliberation]:
        """What was published about a decision, the newest first."""
        id_, first = reach(caller, twin), paging.checked(first)
        mark = paging.mark("decision history", id_, key, as_of)
        begin = paging.decode(mark, after, float)
        await self._moments.reached(id_, twin, at_least_rev)
        rev = await self._moments.rev(id_, twin, as_of, None if begin is None else begin.rev)
        found = await stored.deliberations(
            self._graph,
            id_,
            decision_id(id_, key),
            rev=rev,
            valid_time=as_of.valid_time,
            before=None if begin is None else int(begin.value),
            limit=first + 1,
        )
        if found is None:
            raise no_such_twin(twin)
        seen, head_time, rows = found
        if not rows and begin is None:
            raise _unknown(twin, key)
        return paging.page(
            rows,
            first,
            mark,
            lambda row: Place(float(row.rev_from), row.revision_id, seen),
            after=begin,
            rev=seen,
            valid_time=as_of.valid_time or head_time,
        )

    async def _states(self, moment: Moment, told: Sequence[ToldDecision]) -> list[DecisionState]:
        """How decisions stand, with what was said of them in words."""
        state = moment.state
        wanted = sorted({id_ for one in told for id_ in one.worded})
        words = await stored.words_of(self._graph, self._keyring, state.id, wanted)
        published = state.deliberations
        return [
            decision_state(
                one,
                words,
                moment.at,
                state.rev,
                published[one.decision.id].rev_from if one.decision.id in published else None,
            )
            for one in told
        ]


def _order(told: ToldDecision) -> tuple[float, str]:
    """Where a decision stands among others: the one first told of most lately first, ties by id."""
    return -float(microseconds(told.since)), told.decision.id


def _unknown(twin: str, key: str) -> NotFound:
    return NotFound(
        "unknown-decision", f"Nobody has told of a decision {key!r} of this twin by then.", twin=twin, decision=key
    )
