"""Making and resolving forecasts for every twin of a tenant; may be repeated: what is stored already stays.

Each page of twins has a write transaction of its own, and none is a commit: twins keep their revs.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from datetime import datetime

import numpy as np
import structlog

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import Forecast, ForecastMade, ForecastsResolved, Resolution
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.time import AsOf, Clock, instant, microseconds, moment_of
from beliefgraph.services.commits.recheck import pages_of_twins
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.forecasts.features import applies
from beliefgraph.services.forecasts.forecast import forecast, id_of
from beliefgraph.services.forecasts.history import History, history, wanted
from beliefgraph.services.forecasts.resolve import ObservedOutcome, by_events, moments, reached, resolution
from beliefgraph.services.permissions.sight import restricted
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store import definitions as stored_definitions
from beliefgraph.store import forecasts as stored
from beliefgraph.store import permissions
from beliefgraph.store.forecasts import HistoryRows, Unresolved
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring

log = structlog.get_logger(__name__)

PAGE = 200
"""Twins whose forecasts are made or resolved together."""

LOOKED_AT = 5_000
"""Twins whose forecasts one Cypher statement checks for those that may be resolved."""

MOST_TWINS = 10_000
"""Most twins in one call that makes forecasts for part of a tenant."""

Progress = Callable[[int], None]
"""Called with the number of twins processed so far."""

ACTOR = "beliefgraph:clock"
PURPOSE = "upkeep"


class ForecastKeeper:
    """Makes and resolves the forecasts of one database, except for twins whose use is restricted."""

    def __init__(
        self, graph: Graph, keyring: Keyring, book: DefinitionBook, clock: Clock, snapshots: Snapshots
    ) -> None:
        self._graph = graph
        self._keyring = keyring
        self._book = book
        self._clock = clock
        self._snapshots = snapshots
        self._made: dict[tuple[str, str], datetime] = {}

    async def make(
        self,
        caller: Caller,
        outcome: str | None = None,
        at: datetime | None = None,
        *,
        first: int | None = None,
        after: str = "",
        progress: Progress = lambda _: None,
    ) -> ForecastMade:
        """Store the forecasts of one outcome, or of all, at the start of the period that contains a moment.

        The default moment is the present; one in the future is refused (`invalid-input`). With `first`, only this many
        twins after the id `after` are processed; `progress` is called with the number of twins processed so far.
        """
        caller.require("write")
        caller.require_service()
        now = self._clock.now()
        moment = now if at is None else instant(at)
        if moment > now:
            raise Incorrect("invalid-input", "Forecasts are made for now or for the past.", at=moment.isoformat())
        if first is not None and not 1 <= first <= MOST_TWINS:
            raise Incorrect("invalid-input", f"first lies between 1 and {MOST_TWINS:,}.", field="first")
        definitions = (await self._book.latest(caller.tenant)).definitions
        outcomes = [one for one in _outcomes(definitions, outcome) if not one.deprecated]
        stored_ones = known = twins = 0
        last = None
        async for page in pages_of_twins(self._graph, caller.tenant, min(PAGE, first or PAGE), after):
            some = page if first is None else page[: first - twins]
            ids = await self._unrestricted([twin.id for twin in some])
            for one in outcomes:
                made_at = one.moment(moment)
                needs = wanted(one, definitions)
                rows = await stored.histories(self._graph, caller.tenant, needs, ids, made_at=made_at)
                sets = {r.definitions: await self._definitions(caller.tenant, r.definitions) for r in rows}
                new, old = await asyncio.to_thread(self._forecasts, rows, sets, one.key, made_at, now)
                stored_ones += await stored.store(self._graph, caller.tenant, new)
                known += old
            twins += len(some)
            progress(twins)
            if twins == first:
                last = some[-1].id
                break
        return ForecastMade(stored=stored_ones, known=known, twins=twins, end_cursor=last)

    async def resolve(self, caller: Caller, outcome: str | None = None) -> ForecastsResolved:
        """Resolve the forecasts of one outcome, or of all, if the outcome happened or the horizon is over.

        What was resolved before is resolved again if late events change the result. Only twins with such a forecast are
        read.
        """
        caller.require("write")
        caller.require_service()
        now = self._clock.now()
        first = changed = twins = 0
        for one in _outcomes((await self._book.latest(caller.tenant)).definitions, outcome):
            async for waiting in self._waiting(caller.tenant, one, now):
                found = [each async for each in self._resolutions(caller.tenant, one, waiting, now)]
                await stored.resolve(self._graph, found)
                twins += len({each.twin for each in waiting})
                first += sum(each.number == 1 for each in found)
                changed += sum(each.number > 1 for each in found)
        return ForecastsResolved(resolved=first, changed=changed, twins=twins)

    async def keep(self) -> None:
        """Resolve what is due, and once in each period make its forecasts, in every tenant.

        A failure in one tenant is logged and does not affect the others.
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

    async def _definitions(self, tenant: str, number: int) -> Definitions:
        return (await self._book.numbered(tenant, number)).definitions

    async def _waiting(self, tenant: str, outcome: OutcomeDefinition, now: datetime) -> AsyncIterator[list[Unresolved]]:
        """The forecasts of an outcome that may be resolved, for one page of twins at a time."""
        types = [event.type for event in outcome.events] or None
        after: str | None = ""
        while after is not None:
            after, waiting = await stored.waiting(
                self._graph, tenant, outcome.key, types, now, after=after, limit=LOOKED_AT
            )
            for some in _pages(waiting):
                allowed = {*await self._unrestricted([*dict.fromkeys(one.twin for one in some)])}
                if found := [one for one in some if one.twin in allowed]:
                    yield found

    async def _unrestricted(self, twins: Sequence[str]) -> list[str]:
        """The twins, among these, whose use is not restricted."""
        stated = await permissions.of_twins(self._graph, twins)
        now = self._clock.now()
        return [twin for twin in twins if not restricted(stated.get(twin, ()), now)]

    def _forecasts(
        self, rows: Sequence[HistoryRows], sets: dict[int, Definitions], outcome: str, made_at: datetime, now: datetime
    ) -> tuple[list[Forecast], int]:
        """The forecasts that are not stored yet, and the number that are; a twin's definitions may have none."""
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
        self, tenant: str, outcome: OutcomeDefinition, waiting: Sequence[Unresolved], now: datetime
    ) -> AsyncIterator[Resolution]:
        """The resolutions to be stored for some forecasts."""
        twins = [*dict.fromkeys(one.twin for one in waiting)]
        rows = await stored.histories(self._graph, tenant, wanted(outcome), twins)
        known = await asyncio.to_thread(lambda: {row.twin: history(row, outcome, self._keyring) for row in rows})
        for one in waiting:
            found = known.get(one.twin)
            if found is None:  # erased in the meantime
                continue
            came = (
                by_events(found, outcome, one)
                if outcome.events
                else await self._reached(tenant, outcome, found, one, now)
            )
            resolved = resolution(one, came, found.rev, now)
            if resolved is not None:
                yield resolved

    async def _reached(
        self, tenant: str, outcome: OutcomeDefinition, known: History, one: Unresolved, now: datetime
    ) -> ObservedOutcome | None:
        """The first occurrence of an outcome by its metric or belief."""
        for end in moments(outcome, one, now):
            moment = await self._snapshots.all_of(
                known.twin, tenant, known.name, AsOf(valid_time=moment_of(end)), known.rev
            )
            came = await asyncio.to_thread(reached, outcome, moment, end)
            if came is not None:
                return came
        return None


def _outcomes(definitions: Definitions, outcome: str | None) -> Iterable[OutcomeDefinition]:
    return definitions.outcomes.values() if outcome is None else [definitions.outcome(outcome)]


def _pages(waiting: Sequence[Unresolved]) -> Iterator[list[Unresolved]]:
    """Forecasts in the order of their twins, in lists of at most this many twins."""
    page: dict[str, list[Unresolved]] = {}
    for one in waiting:
        if one.twin not in page and len(page) == PAGE:
            yield [each for some in page.values() for each in some]
            page = {}
        page.setdefault(one.twin, []).append(one)
    if page:
        yield [each for some in page.values() for each in some]


def at_risk(known: History, definitions: Definitions, outcome: OutcomeDefinition, made_at: datetime) -> bool:
    """Whether an outcome is forecast for a twin: the twin has a history, the outcome applies, and has not happened if
    it can happen only once."""
    moment = microseconds(made_at)
    if known.first is None or known.first > moment:
        return False
    if outcome.once and len(known.happened) and known.happened[0] <= moment:
        return False
    return bool(applies(known, definitions, outcome, np.array([moment]))[0])
