"""Making forecasts and resolving them, for every twin of a tenant, as often as one likes: what is there already stays.

Each has a write transaction of its own, for a page of twins, and is no commit: twins keep their revs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import datetime

import numpy as np
import structlog

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import Forecast, ForecastMade, ForecastsResolved, Resolution
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.time import AsOf, Clock, instant, microseconds, moment_of
from beliefgraph.services.definitions import DefinitionBook
from beliefgraph.services.forecasts.features import applies
from beliefgraph.services.forecasts.forecast import forecast, id_of
from beliefgraph.services.forecasts.history import History, history, wanted
from beliefgraph.services.forecasts.resolve import by_events, holds, period_ends, resolution
from beliefgraph.services.moments import Moments
from beliefgraph.services.permissions.sight import restricted
from beliefgraph.store import definitions as stored_definitions
from beliefgraph.store import forecasts as stored
from beliefgraph.store import permissions
from beliefgraph.store.forecasts import HistoryRows, Unresolved
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

log = structlog.get_logger(__name__)

PAGE = 200
"""Twins whose forecasts are made or resolved together."""

ACTOR = "beliefgraph:clock"
PURPOSE = "upkeep"


class ForecastKeeper:
    """Makes and resolves the forecasts of one database; of twins whose use is restricted it does neither."""

    def __init__(self, graph: Graph, keyring: Keyring, book: DefinitionBook, clock: Clock, moments: Moments) -> None:
        self._graph = graph
        self._keyring = keyring
        self._book = book
        self._clock = clock
        self._moments = moments
        self._made: dict[tuple[str, str], datetime] = {}

    async def make(self, caller: Caller, outcome: str | None = None, at: datetime | None = None) -> ForecastMade:
        """Store the forecasts of one outcome, or of all, at the start of the period that a moment lies in.

        Without a moment it is the present one; one that lies in the future is refused (`invalid-input`).
        """
        caller.require("write")
        caller.require_service()
        now = self._clock.now()
        moment = now if at is None else instant(at)
        if moment > now:
            raise Incorrect("invalid-input", "Forecasts are made for now or for the past.", at=moment.isoformat())
        stored_ones = known = twins = 0
        for one in await self._outcomes(caller.tenant, outcome):
            if one.deprecated:
                continue
            made_at = one.moment(moment)
            async for rows in self._pages(caller.tenant, one, made_at):
                sets = {r.definitions: await self._definitions(caller.tenant, r.definitions) for r in rows}
                new, old = await asyncio.to_thread(self._forecasts, rows, sets, one.key, made_at, now)
                stored_ones += await stored.store(self._graph, caller.tenant, new)
                known += old
                twins += len(rows)
        return ForecastMade(stored=stored_ones, known=known, twins=twins)

    async def resolve(self, caller: Caller, outcome: str | None = None) -> ForecastsResolved:
        """Resolve the forecasts of one outcome, or of all, whose outcome happened or whose horizon is over.

        What was resolved before is resolved again where late events say otherwise.
        """
        caller.require("write")
        caller.require_service()
        now = self._clock.now()
        first = changed = twins = 0
        for one in await self._outcomes(caller.tenant, outcome):
            async for rows in self._pages(caller.tenant, one, None):
                twins += len(rows)
                found = [each async for each in self._resolutions(caller.tenant, one, rows, now)]
                await stored.resolve(self._graph, found)
                first += sum(each.number == 1 for each in found)
                changed += sum(each.number > 1 for each in found)
        return ForecastsResolved(resolved=first, changed=changed, twins=twins)

    async def keep(self) -> None:
        """Resolve what is to be resolved, and once in each period make its forecasts, in every tenant.

        A tenant in which that fails is logged, and holds up no other.
        """
        for tenant in await stored_definitions.tenants(self._graph):
            outcomes = (await self._book.latest(tenant)).definitions.outcomes
            if not outcomes:
                continue
            clock = Caller(actor=ACTOR, tenant=tenant, scopes=("write",), purpose=PURPOSE)
            try:
                await self.resolve(clock)
                for key, outcome in outcomes.items():
                    period = outcome.moment(self._clock.now())
                    if self._made.get((tenant, key)) != period:
                        await self.make(clock, key)
                        self._made[tenant, key] = period
            except BeliefgraphError as error:
                log.warning("forecasts failed", tenant=tenant, code=error.code)

    async def _outcomes(self, tenant: str, outcome: str | None) -> Iterable[OutcomeDefinition]:
        definitions = (await self._book.latest(tenant)).definitions
        return definitions.outcomes.values() if outcome is None else [definitions.outcome(outcome)]

    async def _definitions(self, tenant: str, number: int) -> Definitions:
        return (await self._book.numbered(tenant, number)).definitions

    async def _pages(
        self, tenant: str, outcome: OutcomeDefinition, made_at: datetime | None
    ) -> AsyncIterator[list[HistoryRows]]:
        after = ""
        while True:
            rows = await stored.histories(
                self._graph, tenant, wanted(outcome), after=after, limit=PAGE, made_at=made_at
            )
            if not rows:
                return
            after, now = rows[-1].twin, self._clock.now()
            stated = await permissions.of_twins(self._graph, [row.twin for row in rows])
            yield [row for row in rows if not restricted(stated.get(row.twin, ()), now)]

    def _forecasts(
        self, rows: Sequence[HistoryRows], sets: dict[int, Definitions], outcome: str, made_at: datetime, now: datetime
    ) -> tuple[list[Forecast], int]:
        """The forecasts that are not stored yet, and how many are; a twin has none under definitions without it."""
        new: list[Forecast] = []
        old = 0
        for row in rows:
            definitions = sets[row.definitions]
            one = definitions.outcomes.get(outcome)
            if one is None:
                continue
            known = history(row, one, self._keyring)
            if not at_risk(known, definitions, one, made_at):
                continue
            for horizon in one.horizons:
                if id_of(known.twin, one, horizon, made_at) in known.forecasts:
                    old += 1
                    continue
                made = forecast(known, definitions, one, horizon, made_at, now)
                new.append(made.model_copy(update={"stored_at": now}))
        return new, old

    async def _resolutions(
        self, tenant: str, outcome: OutcomeDefinition, rows: Sequence[HistoryRows], now: datetime
    ) -> AsyncIterator[Resolution]:
        """What is to be stored of the forecasts of some twins."""
        twins = {row.twin: row for row in rows}
        waiting = await stored.unresolved(self._graph, list(twins), outcome.key)
        known = {id_: history(twins[id_], outcome, self._keyring) for id_ in {one.twin for one in waiting}}
        for one in waiting:
            found = known[one.twin]
            happened = (
                by_events(found, one) if outcome.events else await self._reached(tenant, outcome, found, one, now)
            )
            resolved = resolution(one, happened, found.rev, now)
            if resolved is not None:
                yield resolved

    async def _reached(
        self, tenant: str, outcome: OutcomeDefinition, known: History, one: Unresolved, now: datetime
    ) -> int | None:
        """When the metric or belief of an outcome was first within its bounds at the end of a period."""
        for end in period_ends(outcome, one, now):
            moment = await self._moments.all_of(
                known.twin, tenant, known.name, AsOf(valid_time=moment_of(end)), known.rev
            )
            if await asyncio.to_thread(holds, outcome, moment):
                return end
        return None


def at_risk(known: History, definitions: Definitions, outcome: OutcomeDefinition, made_at: datetime) -> bool:
    """Whether an outcome is forecast in a twin: the twin has a history, the outcome applies to it, and did not happen
    if it happens once at most."""
    moment = microseconds(made_at)
    if known.first is None or known.first > moment:
        return False
    if outcome.once and len(known.happened) and known.happened[0] <= moment:
        return False
    return bool(applies(known, definitions, outcome, np.array([moment]))[0])
