"""Queries on metrics: their state at a moment, the events behind them, and what was published.

Every answer is derived from the events that the rev sees, at the requested valid time; at the head it equals what was
published, before rounding.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Unpack

import numpy as np

from beliefgraph.model.caller import Caller
from beliefgraph.model.identity import metric_id
from beliefgraph.model.metric import Measurement, Metric, MetricKey, MetricState, Reading
from beliefgraph.model.page import Page
from beliefgraph.model.question import EvidenceIn
from beliefgraph.model.time import NOW, AsOf, microseconds
from beliefgraph.services.access.scope import reach
from beliefgraph.services.definitions.book import DefinitionBook
from beliefgraph.services.derivation.measure import Measured, measure
from beliefgraph.services.explanation.standing import events_of, one_metric, standing
from beliefgraph.services.snapshots.as_of import HistoryPage, Snapshot, Snapshots
from beliefgraph.services.twin import paging
from beliefgraph.services.twin.blocks import packed
from beliefgraph.services.twin.measurements import Events
from beliefgraph.services.twin.paging import DEFAULT_PAGE, PageRequest, Position
from beliefgraph.store import metrics as stored
from beliefgraph.store.evidence import evidence_by_ids
from beliefgraph.store.graph import Graph
from beliefgraph.store.keys import Keyring


class Metrics:
    """Answers queries on metrics, as of any moment."""

    def __init__(
        self, graph: Graph, keyring: Keyring, book: DefinitionBook, *, snapshots: Snapshots | None = None
    ) -> None:
        self._graph = graph
        self._keyring = keyring
        self._snapshots = snapshots or Snapshots(graph, book)

    async def metrics(
        self,
        caller: Caller,
        twin: str,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[MetricState]:
        """A page of the metrics in which an event has counted by the moment, by name, subject and context."""
        walk = paging.walk("metrics", reach(caller, twin), as_of, first=first, after=after, by=str)
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev, walk.rev)
        found = await asyncio.to_thread(measure, moment.state, moment.graph.definitions, moment.at)
        following = sorted((one for one in found if _order(one.metric) > walk.text), key=_by_name)
        states = await asyncio.to_thread(_states, moment, following[: walk.limit])
        return walk.page(
            states,
            lambda state: Position(_order(state.metric), state.metric.id, state.rev),
            rev=moment.state.rev,
            valid_time=moment.at,
        )

    async def metric(
        self, caller: Caller, twin: str, key: MetricKey, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> MetricState:
        """One metric, without a value if no event has counted in it; `unknown-metric` if it is not defined."""
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        return (await asyncio.to_thread(_states, moment, [one_metric(moment, key)]))[0]

    async def events(
        self,
        caller: Caller,
        twin: str,
        key: MetricKey,
        *,
        first: int = DEFAULT_PAGE,
        after: str | None = None,
        as_of: AsOf = NOW,
        at_least_rev: int | None = None,
    ) -> Page[EvidenceIn]:
        """The events behind a metric: those in its window at the moment, newest first, with their summaries."""
        id_ = reach(caller, twin)
        walk = paging.walk("metric events", id_, key, as_of, first=first, after=after)
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev, walk.rev)
        events = one_metric(moment, key).events
        left = await asyncio.to_thread(_newest, events, walk)
        evidence = await evidence_by_ids(self._graph, id_, list(dict.fromkeys(row.evidence for row in left)))
        return walk.page(
            events_of(left, evidence, self._keyring),
            lambda event: Position(*_newest_first(event.measurement), moment.state.rev),
            rev=moment.state.rev,
            valid_time=moment.at,
            total=len(events),
        )

    async def history(self, caller: Caller, twin: str, key: MetricKey, **page: Unpack[HistoryPage]) -> Page[Reading]:
        """Published revisions of a metric, newest first; `unknown-metric` if it is not defined."""
        id_ = reach(caller, twin)
        of = Reading, metric_id(id_, key)
        read = partial(stored.readings, self._graph)
        found = await self._snapshots.history(caller, twin, "metric history", key, of, read, **page)
        if found.nothing:
            (await self._snapshots.latest(caller, id_, twin)).definitions.metric(key.metric)
        return found


def _states(moment: Snapshot, found: Sequence[Measured]) -> list[MetricState]:
    return [standing(moment, one) for one in found]


def _order(metric: Metric) -> str:
    return "\x1f".join((metric.name, metric.subject, metric.context))


def _by_name(one: Measured) -> str:
    return _order(one.metric)


def _newest(events: Events, walk: PageRequest) -> list[Measurement]:
    """The next events in a walk, newest first; ties by the id of the revision."""
    if not len(events):
        return []
    block = events.table.take(events.rows)
    order = np.lexsort((block.revision[:, 1], block.revision[:, 0], -block.valid_from))
    if walk.begin is not None:
        since, last = block.valid_from[order].astype(np.float64), packed([walk.begin.id])[0]
        ids, edge = block.revision[order], -float(walk.begin.value)
        later = (ids[:, 0] > last[0]) | ((ids[:, 0] == last[0]) & (ids[:, 1] > last[1]))
        order = order[(since < edge) | ((since == edge) & later)]
    return events.table.records(events.rows[order[: walk.limit]])


def _newest_first(row: Measurement) -> tuple[float, str]:
    return -float(microseconds(row.valid_from)), row.revision_id
