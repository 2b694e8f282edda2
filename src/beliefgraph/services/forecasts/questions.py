"""Queries for forecasts: those of a twin, one at a moment, and all of an outcome for its record."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from beliefgraph.errors import NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.forecast import Forecast
from beliefgraph.model.outcome import OutcomeDefinition
from beliefgraph.model.page import Page
from beliefgraph.model.time import NOW, AsOf, Clock, microseconds, moment_of
from beliefgraph.services.access.scope import no_such_twin, reach
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.forecasts.forecast import forecast, id_of
from beliefgraph.services.forecasts.history import history, wanted
from beliefgraph.services.forecasts.in_part import ForecastsInPart
from beliefgraph.services.permissions.sights import Visibility
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.paging import DEFAULT_PAGE, Position
from beliefgraph.store import forecasts as stored
from beliefgraph.store.forecasts import Scored
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


class Forecasts:
    """Answers queries for forecasts."""

    def __init__(
        self, graph: Graph, keyring: Keyring, book: DefinitionBook, clock: Clock, snapshots: Snapshots
    ) -> None:
        self._graph = graph
        self._keyring = keyring
        self._book = book
        self._clock = clock
        self._snapshots = snapshots

    async def forecasts(
        self,
        caller: Caller,
        twin: str,
        outcome: str | None = None,
        horizon: timedelta | None = None,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
    ) -> Page[Forecast]:
        """A page of the stored forecasts of a twin, optionally of one outcome or horizon, newest first."""
        id_ = reach(caller, twin)
        walk = paging.walk("forecasts", id_, outcome, horizon, first=first, after=after)
        seen = await self._snapshots.seen(caller, id_, twin)
        if outcome is not None:
            (await self._snapshots.latest(caller, id_, twin)).definitions.outcome(outcome)

        async def read(before: tuple[datetime, str] | None) -> tuple[int, datetime, list[Forecast]]:
            found = await stored.of_twin(
                self._graph, id_, outcome=outcome, horizon=horizon, before=before, limit=walk.limit
            )
            if found is None:
                raise no_such_twin(twin)
            return found

        begin = walk.begin
        rev, head_time, rows = await read(None if begin is None else (moment_of(-int(begin.value)), begin.id))
        shown = rows[: walk.first]
        if not seen.whole:
            part = self._in_part(caller, id_, twin, seen)
            shown = await part.all_again(shown)
            while not shown and len(rows) > walk.first:
                last = rows[walk.first - 1]
                _, _, rows = await read((last.made_at, last.id))
                shown = await part.all_again(rows[: walk.first])
            head_time = (await self._snapshots.at(caller, id_, twin, NOW)).at
        page = walk.page(
            rows, lambda one: Position(-float(microseconds(one.made_at)), one.id, rev), rev=rev, valid_time=head_time
        )
        return replace(page, nodes=tuple(shown))

    async def forecast(
        self, caller: Caller, twin: str, outcome: str, horizon: timedelta | None = None, *, as_of: AsOf = NOW
    ) -> Forecast:
        """The forecast of an outcome for a twin over a horizon, by default its first.

        It is the one stored for the present period, or for the given moment; if there is none, it is computed from what
        the twin had published by then, and not stored.
        """
        id_ = reach(caller, twin)
        seen = await self._snapshots.seen(caller, id_, twin)
        if not seen.whole:
            return await self._in_part(caller, id_, twin, seen).forecast(outcome, horizon, as_of)
        commit = await self._snapshots.commit(id_, twin, as_of)
        definitions = (await self._book.numbered(caller.tenant, commit.definitions)).definitions
        one = definitions.outcome(outcome)
        over = one.horizons[0] if horizon is None else one.horizon(horizon)
        now = self._clock.now()
        made_at = one.moment(now) if as_of.valid_time is None else as_of.valid_time
        past = as_of.rev is not None or as_of.recorded_at is not None
        if not past:
            known_one = await stored.of_twin(self._graph, id_, id_=id_of(id_, one, over, made_at))
            if known_one is not None and known_one[2]:
                return known_one[2][0]
        rows = await stored.histories(
            self._graph, caller.tenant, wanted(one, definitions), [id_], rev=commit.rev if past else None
        )
        if not rows:
            raise no_such_twin(twin)
        known = await asyncio.to_thread(history, rows[0], one, self._keyring)
        if as_of.valid_time is None and known.first is not None and known.first > microseconds(made_at):
            made_at = now  # its first event came in this period
        if known.first is None:
            raise NotFound("not-found", f"The twin {twin!r} had no event by then.", twin=twin)
        return await asyncio.to_thread(forecast, known, definitions, one, over, made_at, now)

    def _in_part(self, caller: Caller, id_: str, twin: str, seen: Visibility) -> ForecastsInPart:
        return ForecastsInPart(self._graph, self._keyring, self._clock, self._snapshots, caller, id_, twin, seen)

    async def scored(
        self, caller: Caller, outcome: OutcomeDefinition, horizon: timedelta, *, retrospective: bool = False
    ) -> list[Scored]:
        """All forecasts of an outcome over a horizon with their resolutions; rejected for a person's key.

        Twins that are not fully permitted are left out.
        """
        caller.require("read")
        caller.require_service()
        included = await self._snapshots.included(caller)
        now = self._clock.now()
        return await stored.scored(
            self._graph, caller.tenant, outcome.key, horizon, now, retrospective=retrospective, **included.parameters
        )
