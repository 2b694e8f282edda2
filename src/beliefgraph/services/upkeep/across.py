"""Operations on twins in several databases: sent to each shard, and combined.

Every shard has its own services, which access only its database, so no Cypher statement crosses shards. With one
database, each operation is that of its only service.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from beliefgraph.errors import Incorrect, NotFound, Unsupported
from beliefgraph.model.caller import Caller
from beliefgraph.model.erasure import Erasure
from beliefgraph.model.event import Event, QuarantinedEvent
from beliefgraph.model.forecast import ForecastMade, ForecastsResolved, OutcomeRecord
from beliefgraph.model.page import Page
from beliefgraph.model.question import KnownSource
from beliefgraph.model.receipt import Receipt
from beliefgraph.model.twin import Twin
from beliefgraph.services.access.residency import Residency
from beliefgraph.services.archives.archives import Archives
from beliefgraph.services.commands.intake import MOST_EVENTS, Intake
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.forecasts.keeper import ForecastKeeper
from beliefgraph.services.forecasts.outcome_record import outcome_record
from beliefgraph.services.forecasts.questions import Forecasts
from beliefgraph.services.learning.sources import SourceLearner
from beliefgraph.services.questions.beliefs import Questions
from beliefgraph.services.twin.paging import DEFAULT_PAGE
from beliefgraph.services.upkeep.erase import Eraser
from beliefgraph.services.upkeep.refresh import Refresher, RefreshRound

T = TypeVar("T")


class ShardServices(Protocol):
    """The services of one shard that are called together with those of others."""

    @property
    def intake(self) -> Intake:
        """Processes events."""
        ...

    @property
    def eraser(self) -> Eraser:
        """Erases twins."""
        ...

    @property
    def archives(self) -> Archives:
        """Exports and imports all data of twins."""
        ...

    @property
    def questions(self) -> Questions:
        """Answers queries on twins."""
        ...

    @property
    def sources(self) -> SourceLearner:
        """What is known about sources."""
        ...

    @property
    def refresher(self) -> Refresher:
        """Advances the time of twins."""
        ...

    @property
    def book(self) -> DefinitionBook:
        """The definitions, the same in every shard."""
        ...

    @property
    def forecasts(self) -> Forecasts:
        """Answers queries for forecasts."""
        ...

    @property
    def forecast_keeper(self) -> ForecastKeeper:
        """Makes and resolves forecasts."""
        ...


@dataclass(frozen=True)
class ShardedServices:
    """The shards of a process by name, and which of them holds a twin of a tenant; None for a single database."""

    shards: Mapping[str, ShardServices]
    residency: Residency | None = None

    async def observe(
        self,
        caller: Caller,
        events: Sequence[Event],
        *,
        expected_rev: int | None = None,
        region: str | None = None,
    ) -> list[Receipt]:
        """Process events, each in the shard of its twin; the receipts are in the same order.

        `region` is where twins that do not exist yet are created. `unknown-shard`, with no event processed, if one
        names no twin or one that no shard here holds; `unknown-region` and `other-region` likewise.
        """
        if self.residency is None:
            if region is not None:
                raise NotFound("unknown-region", "There are no regions: there is no shard map.", region=region)
            (only,) = self.shards.values()
            return await only.intake.observe(caller, events, expected_rev=expected_rev)
        if len(events) > MOST_EVENTS:
            raise Incorrect("too-large", f"Send at most {MOST_EVENTS} events in one call.", events=len(events))
        if expected_rev is not None and len(events) != 1:
            raise Incorrect("invalid-input", "expectedRev is only allowed with a single event.")
        for event in events:
            if event.twin is None:
                raise Unsupported("unknown-shard", "An event that names no twin belongs to no shard.", event=event.id)
        twins = [event.twin for event in events if event.twin is not None]
        caller.require("write")
        await self._refuse_other_region(caller, twins, region)
        if caller.person is None:
            places = await asyncio.to_thread(self.residency.decide, caller.tenant, twins, region)
        else:  # a person; their events about others are refused
            places = {twin: self.residency.of(caller.tenant, twin) for twin in twins}
        parts: dict[str, list[int]] = defaultdict(list)
        for index, twin in enumerate(twins):
            parts[places[twin]].append(index)
        taken = await _all(
            self.shards[name].intake.observe(caller, [events[i] for i in part], expected_rev=expected_rev)
            for name, part in parts.items()
        )
        receipts: dict[int, Receipt] = {}
        for part, found in zip(parts.values(), taken, strict=True):
            receipts.update(zip(part, found, strict=True))
        return [receipts[index] for index in range(len(events))]

    async def _refuse_other_region(self, caller: Caller, twins: Sequence[str], region: str | None) -> None:
        """Refuse (`other-region`) a region for twins created elsewhere, before anything is decided for them."""
        assert self.residency is not None
        if region is None:
            return
        self.residency.map.check_region(region)
        for twin in dict.fromkeys(twins):
            if self.residency.decided(caller.tenant, twin) is None:
                for name, shard in self.shards.items():
                    if await shard.archives.rev(caller.tenant, twin) is not None:
                        self.residency.check(twin, name, region)

    async def quarantine(
        self, caller: Caller, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[QuarantinedEvent]:
        """Quarantined events, oldest first, after a cursor in that order."""
        found = await _all(shard.intake.quarantine(caller, limit=limit, after=after) for shard in self.shards.values())
        return sorted((each for some in found for each in some), key=lambda q: (q.since, q.id))[:limit]

    async def replay(self, caller: Caller, *, ids: Sequence[str] | None = None) -> list[Receipt]:
        """Retry quarantined events: those named, or all."""
        tried = await _all(shard.intake.replay(caller, ids=ids) for shard in self.shards.values())
        return [receipt for some in tried for receipt in some]

    async def erase_twin(self, caller: Caller, twin: str, *, expected_rev: int | None = None) -> Erasure:
        """Erase a twin, and its remains in shards that it was moved from."""
        if self.residency is None:
            (only,) = self.shards.values()
            return await only.eraser.erase_twin(caller, twin, expected_rev=expected_rev)
        owner = self.residency.of(caller.tenant, twin)
        erased = await self.shards[owner].eraser.erase_twin(caller, twin, expected_rev=expected_rev)
        for name, shard in self.shards.items():
            if name != owner:
                with suppress(NotFound):
                    left = await shard.eraser.erase_twin(caller, twin)
                    erased = erased.model_copy(update={"rows": erased.rows + left.rows})
        await asyncio.to_thread(self.residency.forget, caller.tenant, twin)
        return erased

    async def adopt(self, tenant: str) -> RefreshRound:
        """Bring every twin of a tenant under the definitions in force."""
        rounds = await _all(shard.refresher.adopt(tenant) for shard in self.shards.values())
        return RefreshRound(
            sum(each.refreshed for each in rounds),
            sum(each.taken_in for each in rounds),
            tuple(refused for each in rounds for refused in each.refused),
        )

    async def twins(self, caller: Caller, *, first: int = DEFAULT_PAGE, after: str | None = None) -> Page[Twin]:
        """The tenant's twins by name; a person's key sees only its own."""
        found = await _all(shard.questions.twins(caller, first=first, after=after) for shard in self.shards.values())
        if self.residency is None:
            return found[0]
        place = self.residency.of
        # A copy that was moved away is no longer a twin of its old shard.
        kept = [
            replace(page, nodes=tuple(t for t in page.nodes if place(caller.tenant, t.name) == name))
            for name, page in zip(self.shards, found, strict=True)
        ]
        return _merged(kept, first, lambda twin: twin.name, found)

    async def make_forecasts(
        self,
        caller: Caller,
        outcome: str | None = None,
        at: datetime | None = None,
        *,
        first: int | None = None,
        after: str = "",
        progress: Callable[[int], None] = lambda _: None,
    ) -> ForecastMade:
        """Store the forecasts of one outcome, or of all, for every twin of the tenant.

        With `first`, it is for this many twins of each shard after an id. All shards continue from the smallest id that
        any of them reached; what is already stored stays.
        """
        made = await _all(
            shard.forecast_keeper.make(caller, outcome, at, first=first, after=after, progress=progress)
            for shard in self.shards.values()
        )
        return ForecastMade(
            stored=sum(each.stored for each in made),
            known=sum(each.known for each in made),
            twins=sum(each.twins for each in made),
            end_cursor=min((each.end_cursor for each in made if each.end_cursor is not None), default=None),
        )

    async def resolve_forecasts(self, caller: Caller, outcome: str | None = None) -> ForecastsResolved:
        """Resolve the forecasts of one outcome, or of all, for every twin of the tenant."""
        done = await _all(shard.forecast_keeper.resolve(caller, outcome) for shard in self.shards.values())
        return ForecastsResolved(
            resolved=sum(each.resolved for each in done),
            changed=sum(each.changed for each in done),
            twins=sum(each.twins for each in done),
        )

    async def record(
        self,
        caller: Caller,
        outcome: str,
        horizon: timedelta | None = None,
        segment: str | None = None,
        *,
        retrospective: bool = False,
    ) -> OutcomeRecord:
        """The record of an outcome over a horizon, by default its first, for all twins or for a segment."""
        shards = [*self.shards.values()]
        definitions = (await shards[0].book.latest(caller.tenant)).definitions
        one = definitions.outcome(outcome)
        over = one.horizons[0] if horizon is None else one.horizon(horizon)
        wanted = None if segment is None else definitions.segment_in(one, segment)
        found = await _all(
            shard.forecasts.scored(caller, one, over.within, retrospective=retrospective) for shard in shards
        )
        rows = [each for some in found for each in some if wanted is None or each.segment == wanted]
        return await asyncio.to_thread(outcome_record, one.key, over.within, rows)

    async def known_sources(
        self, caller: Caller, *, first: int = DEFAULT_PAGE, after: str | None = None
    ) -> Page[KnownSource]:
        """The tenant's sources by name, with what was learned about each."""
        found = await _all(shard.sources.page(caller, first=first, after=after) for shard in self.shards.values())
        return found[0] if self.residency is None else _merged(found, first, lambda source: source.name, found)


def _merged(kept: Sequence[Page[T]], first: int, name: Callable[[T], str], found: Sequence[Page[T]]) -> Page[T]:
    """One page of the items found in all shards: each once, by name, up to the name that all shards were read to."""
    nodes = {name(node): node for page in kept for node in page.nodes}
    ends = [name(page.nodes[-1]) for page in found if page.has_next]
    ordered = [nodes[each] for each in sorted(nodes) if not ends or each <= min(ends)]
    return replace(kept[0], nodes=tuple(ordered[:first]), has_next=bool(ends) or len(ordered) > first)


async def _all(work: Iterable[Coroutine[object, object, T]]) -> list[T]:
    """The results, once all have ended; raises the first failure, if any."""
    done = await asyncio.gather(*work, return_exceptions=True)
    for each in done:
        if isinstance(each, BaseException):
            raise each
    return [each for each in done if not isinstance(each, BaseException)]
