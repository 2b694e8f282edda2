"""Reading whole twins from the store: those with few rows many at a time, others each in pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypeVar

from beliefgraph.errors import Unavailable
from beliefgraph.model.delta import Records
from beliefgraph.services.twin.bearings import Bearings, no_bearings
from beliefgraph.services.twin.blocks import Rows
from beliefgraph.services.twin.checkpoints import Checkpoints, no_checkpoints
from beliefgraph.services.twin.measurements import Measurements, no_measurements
from beliefgraph.services.twin.state import TwinState, by_id, by_place, fresh
from beliefgraph.store.graph import Graph, out_of_memory
from beliefgraph.store.stale import StaleTwin
from beliefgraph.store.twins import BEARINGS, MEASUREMENTS, PAUSE, TRIES, RowKind, TwinRows, damaged, load

T = TypeVar("T", bound=Rows[Any, Any, Any])

FEW_ROWS = 1_000
"""A twin with fewer bearings, and fewer measurements, is read together with others in one Cypher statement."""

TWINS_AT_ONCE = 25
"""Most twins that one Cypher statement reads: some megabytes if they are large."""


async def read_state(
    graph: Graph,
    id_: str,
    tenant: str,
    name: str,
    rev: int | None = None,
    *,
    checkpoints: Checkpoints | None = None,
    known: TwinState | None = None,
) -> TwinState:
    """The twin as stored, at its current rev or at an earlier one; a fresh one if there is none.

    Rows are taken from `checkpoints`, and from the twin as `known` at a later rev, where they have them. The rows are
    counted against the number recorded by the writer of the rev; if they differ, all are read again. `twin-damaged` if
    they differ although there are no concurrent writes.
    """
    revs: set[int] = set()
    seen = 0
    for _ in range(TRIES):
        rows = (await load(graph, [id_], rev, FEW_ROWS if known is None else 0)).get(id_)
        if rows is None:
            return fresh(id_, tenant, name)
        if known is not None and known.life == rows.life and known.rev >= rows.rev:
            bearings, measurements = known.bearings.at(rows.rev), known.measurements.at(rows.rev)
        elif rows.bearings is not None and rows.measurements is not None:
            bearings, measurements = await asyncio.to_thread(_few, rows, id_)
        else:
            kept = await checkpoints.read(id_, rows.life, rows.rev) if checkpoints else no_checkpoints(id_)
            bearings, measurements = await asyncio.gather(
                _since(graph, BEARINGS, kept.bearings, rows.rev, kept.bearings_rev),
                _since(graph, MEASUREMENTS, kept.measurements, rows.rev, kept.measurements_rev),
            )
        state = await asyncio.to_thread(_state, rows, bearings, measurements, id_, tenant, name)
        if _whole(state, rows):
            return state
        checkpoints = known = None
        seen = rows.rev
        revs.add(rows.current)
        await asyncio.sleep(PAUSE)
    if len(revs) == 1:
        raise damaged(id_, seen)
    raise Unavailable("store-unavailable", "The twin is being written to without a pause; try again.", twin=id_)


async def read_states(graph: Graph, names: Mapping[str, str], tenant: str) -> dict[str, TwinState]:
    """Twins with few rows at their current rev, by id, given their names: one Cypher statement for all of them.

    Left out are those with more rows, those being written to, and all of them if Neo4j lacks the memory for all
    together: these are read one by one.
    """
    try:
        found = await load(graph, list(names), rows=FEW_ROWS)
    except Unavailable as refused:
        if out_of_memory(refused.__cause__):
            return {}
        raise
    return await asyncio.to_thread(_states_of_few, found, names, tenant)


async def every_state(graph: Graph, tenant: str, twins: AsyncIterator[StaleTwin]) -> AsyncIterator[TwinState]:
    """The states of some twins of a tenant in order, each at its current rev."""
    names: dict[str, str] = {}
    async for twin in twins:
        names[twin.id] = twin.name
        if len(names) == TWINS_AT_ONCE:
            async for state in _in_order(graph, tenant, names):
                yield state
            names = {}
    async for state in _in_order(graph, tenant, names):
        yield state


async def _in_order(graph: Graph, tenant: str, names: Mapping[str, str]) -> AsyncIterator[TwinState]:
    few = await read_states(graph, names, tenant) if names else {}
    for id_, name in names.items():
        yield few[id_] if id_ in few else await read_state(graph, id_, tenant, name)


def _states_of_few(found: Mapping[str, TwinRows], names: Mapping[str, str], tenant: str) -> dict[str, TwinState]:
    states = {}
    for id_, rows in found.items():
        if rows.bearings is not None and rows.measurements is not None:
            state = _state(rows, *_few(rows, id_), id_, tenant, names[id_])
            if _whole(state, rows):
                states[id_] = state
    return states


def _few(rows: TwinRows, id_: str) -> tuple[Bearings, Measurements]:
    """The bearings and measurements that were read with the other rows."""
    bearings = no_bearings(id_).stored(rows.bearings or ()).at(rows.rev)
    return bearings, no_measurements(id_).stored(rows.measurements or ()).at(rows.rev)


async def _since(graph: Graph, kind: RowKind, kept: T, rev: int, after: int) -> T:
    """The cached rows and those opened by revs after `after`, as a rev sees them."""
    async for page in kind.since(graph, kept.twin, rev, after):
        kept = await asyncio.to_thread(kept.stored, page)
    seen: T = kept.at(rev)
    return seen


def _whole(state: TwinState, rows: TwinRows) -> bool:
    """Whether exactly the rows that the rev sees were read."""
    opened = sum(row.rev_from == rows.rev for row in rows.revisions)
    opened += state.bearings.opened_by(rows.rev) + state.measurements.opened_by(rows.rev)
    return (
        (state.open_rows, opened) == (rows.open_rows, rows.opened_rows)
        and all(heading.belief in state.beliefs for heading in state.bearings.headings)
        and all(heading.metric in state.metrics for heading in state.measurements.headings)
    )


def _state(
    rows: TwinRows, bearings: Bearings, measurements: Measurements, id_: str, tenant: str, name: str
) -> TwinState:
    return TwinState(
        id=id_,
        tenant=tenant,
        name=name,
        life=rows.life,
        rev=rows.rev,
        head_time=rows.head_time,
        last_updated=rows.last_updated,
        definitions=rows.definitions,
        bearings=bearings,
        measurements=measurements,
        made=by_id(rows.made),
        rows=by_place(Records(rows.revisions)),
        tallies=measurements.tallies(),
    )
