"""Forecasts of a partially permitted twin: those of a twin that received only the permitted events."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from beliefgraph.errors import NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.definition import Definitions
from beliefgraph.model.forecast import Forecast, Resolution
from beliefgraph.model.outcome import Horizon, OutcomeDefinition
from beliefgraph.model.time import NOW, AsOf, Clock, microseconds, moment_of
from beliefgraph.services.access.scope import no_such_twin
from beliefgraph.services.forecasts.forecast import forecast, id_of
from beliefgraph.services.forecasts.history import History, history, wanted
from beliefgraph.services.forecasts.keeper import at_risk
from beliefgraph.services.forecasts.permitted import permitted_rows
from beliefgraph.services.forecasts.resolve import by_events, moments, reached, resolution
from beliefgraph.services.permissions.sights import Visibility
from beliefgraph.services.snapshots.as_of import Snapshots
from beliefgraph.store import forecasts as stored
from beliefgraph.store import permissions
from beliefgraph.store.forecasts import Unresolved
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


class ForecastsInPart:
    """Recomputes the forecasts of one twin for a caller who may see only part of it."""

    def __init__(
        self,
        graph: Graph,
        keyring: Keyring,
        clock: Clock,
        snapshots: Snapshots,
        caller: Caller,
        twin: str,
        name: str,
        seen: Visibility,
    ) -> None:
        self._graph = graph
        self._keyring = keyring
        self._clock = clock
        self._snapshots = snapshots
        self._caller = caller
        self._twin = twin
        self._name = name
        self._seen = seen
        self._known: dict[tuple[str, int], History] = {}
        self._sets: dict[int, Definitions] = {}

    async def forecast(self, outcome: str, horizon: timedelta | None, as_of: AsOf) -> Forecast:
        """The forecast of an outcome: the one stored for the moment, recomputed, or else a new one."""
        commit = await self._snapshots.commit(self._twin, self._name, as_of)
        definitions = await self._definitions(commit.rev)
        one = definitions.outcome(outcome)
        over = one.horizons[0] if horizon is None else one.horizon(horizon)
        now = self._clock.now()
        made_at = one.moment(now) if as_of.valid_time is None else as_of.valid_time
        if as_of.rev is None and as_of.recorded_at is None:
            kept = await stored.of_twin(self._graph, self._twin, id_=id_of(self._twin, one, over, made_at))
            again = await self.again(kept[2][0]) if kept is not None and kept[2] else None
            if again is not None:
                return again
        known = await self._history(one, definitions, commit.rev)
        if as_of.valid_time is None and known.first is not None and known.first > microseconds(made_at):
            made_at = now  # its first event came in this period
        return await asyncio.to_thread(forecast, known, definitions, one, over, made_at, now)

    async def all_again(self, kept: Sequence[Forecast]) -> list[Forecast]:
        """Stored forecasts recomputed, without those that would not exist."""
        found = [await self.again(each) for each in kept]
        return [each for each in found if each is not None]

    async def again(self, kept: Forecast) -> Forecast | None:
        """A stored forecast recomputed from what is permitted; None if it would not exist."""
        definitions = await self._definitions(kept.rev)
        one = definitions.outcomes.get(kept.outcome)
        if one is None:
            return None
        over = one.horizon(kept.horizon)
        try:
            known = await self._history(one, definitions, kept.rev)
        except NotFound:
            return None
        if not at_risk(known, definitions, one, kept.made_at):
            return None
        made = await asyncio.to_thread(
            forecast, known, definitions, one, over, kept.made_at, kept.stored_at or self._clock.now()
        )
        resolutions = await self._resolved(one, definitions, over, kept) if kept.resolutions else ()
        return made.model_copy(update={"stored_at": kept.stored_at, "resolutions": resolutions})

    async def _resolved(
        self, one: OutcomeDefinition, definitions: Definitions, over: Horizon, kept: Forecast
    ) -> tuple[Resolution, ...]:
        """The resolution of a resolved forecast, by what is permitted."""
        now, last = kept.resolutions[0].resolved_at, kept.resolutions[0].rev
        made_at, due = microseconds(kept.made_at), microseconds(kept.made_at + over.within)
        asked = Unresolved(kept.id, self._twin, made_at, due, 0, None, None)
        came = by_events(await self._history(one, definitions, last), one, asked) if one.events else None
        for end in () if one.events else moments(one, asked, now):
            moment = await self._snapshots.at(
                self._caller, self._twin, self._name, AsOf(valid_time=moment_of(end)), last
            )
            came = await asyncio.to_thread(reached, one, moment, end)
            if came is not None:
                break
        found = resolution(asked, came, last, now)
        return () if found is None else (found,)

    async def _definitions(self, rev: int) -> Definitions:
        if rev not in self._sets:
            moment = await self._snapshots.at(self._caller, self._twin, self._name, NOW, rev)
            self._sets[rev] = moment.graph.definitions
        return self._sets[rev]

    async def _history(self, one: OutcomeDefinition, definitions: Definitions, rev: int) -> History:
        """The permitted history of the twin up to a rev; `not-found` if it has no event.

        It is read once for each outcome and rev.
        """
        if (one.key, rev) not in self._known:
            self._known[one.key, rev] = await self._read(one, definitions, rev)
        return self._known[one.key, rev]

    async def _read(self, one: OutcomeDefinition, definitions: Definitions, rev: int) -> History:
        needs = wanted(one, definitions)
        rows = await stored.histories(self._graph, self._caller.tenant, needs, [self._twin], rev=rev)
        if not rows:
            raise no_such_twin(self._name)
        moment = await self._snapshots.at(self._caller, self._twin, self._name, NOW, rev)
        replay = await self._snapshots.replay(self._caller, self._twin, self._name, self._seen)
        event_evidence = await permissions.events(self._graph, self._twin)
        hides = partial(self._snapshots.hides, self._seen)
        left = await asyncio.to_thread(permitted_rows, rows[0], needs, replay, moment.state, event_evidence, hides)
        known = await asyncio.to_thread(history, left, one, self._keyring)
        if known.first is None:
            raise NotFound("not-found", f"The twin {self._name!r} had no event by then.", twin=self._name)
        return known
