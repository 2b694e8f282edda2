"""Queries on any layer: the record of a key as of a moment, and its published revisions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import TypeVar, Unpack

from beliefgraph.errors import NotFound
from beliefgraph.model.caller import Caller
from beliefgraph.model.page import Page
from beliefgraph.model.revision import Publication
from beliefgraph.model.time import NOW, AsOf
from beliefgraph.services.access.scope import reach
from beliefgraph.services.derivation.derive import derive
from beliefgraph.services.layer.protocol import Layer, PublishContext
from beliefgraph.services.snapshots.as_of import HistoryPage, Snapshot, Snapshots
from beliefgraph.store.graph import Graph
from beliefgraph.store.history import HistoryFilter, published
from beliefgraph.store.layer_rows import decoded

P = TypeVar("P", bound=Publication)


class LayerQuestions:
    """Answers from what layers published for a twin, or would publish for the part that exists for the caller."""

    def __init__(self, graph: Graph, snapshots: Snapshots) -> None:
        self._graph = graph
        self._snapshots = snapshots

    async def published(
        self, layer: Layer, caller: Caller, twin: str, key: str, *, as_of: AsOf = NOW, at_least_rev: int | None = None
    ) -> Publication:
        """What a layer says about the record of that key; with a requested valid time, it is derived again."""
        moment = await self._snapshots.asked(caller, twin, as_of, at_least_rev)
        rows = moment.state.rows_of(layer.published)
        if as_of.valid_time is not None:
            rows = await asyncio.to_thread(_derived, layer, moment)
        row = rows.get(layer.id_of(moment.state.id, key))
        if row is None:
            raise _unknown(layer, twin, key)
        return row

    async def history(
        self, layer: Layer, caller: Caller, twin: str, key: str, **page: Unpack[HistoryPage]
    ) -> Page[Publication]:
        """Published revisions of a record of a layer, newest first."""
        of = layer.published, layer.id_of(reach(caller, twin), key)
        read = partial(_stored, self._graph, layer.published)
        found = await self._snapshots.history(caller, twin, f"history in {layer.name}", key, of, read, **page)
        if found.nothing:
            raise _unknown(layer, twin, key)
        return found


async def _stored(
    graph: Graph, kind: type[P], twin: str, record: str, stretch: HistoryFilter
) -> tuple[int, datetime, list[P]] | None:
    return await published(
        graph, "layer/history", twin, lambda row, _: decoded(kind, row, graph.personal), stretch, record=record
    )


def _derived(layer: Layer, moment: Snapshot) -> Mapping[str, Publication]:
    """What a layer would publish at the valid time of a moment, by record."""
    state = moment.state
    derivation = derive(state, moment.graph, moment.at)
    context = PublishContext(state, state, moment.graph, derivation, state.rev)
    return state.after(layer.publish(context).delta).rows_of(layer.published)


def _unknown(layer: Layer, twin: str, key: str) -> NotFound:
    return NotFound("not-found", f"There is no {key!r} in the {layer.name} of this twin at that moment.", twin=twin)
