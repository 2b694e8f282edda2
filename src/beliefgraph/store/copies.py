"""The database of an analyst's copy: its origin, the progress of each twin, and writing one twin at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from secrets import token_hex
from typing import Any, NamedTuple, TypeVar

from beliefgraph.errors import Conflict
from beliefgraph.model.catalog import Catalog
from beliefgraph.model.definition import Definitions
from beliefgraph.store import codec, definitions
from beliefgraph.store.erasures import delete_twin
from beliefgraph.store.graph import Graph, Transaction
from beliefgraph.store.graph_schema import constraints

T = TypeVar("T")

COPY = "copy"
AT_ONCE = 2_000
"""Nodes or relationships per writing statement."""

TIMES = ("made_at", "due", "since", "stored_at", "at", "resolved_at")


class SourceTwin(NamedTuple):
    """A twin of the tenant, with the fields that show whether it has changed."""

    id: str
    name: str
    rev: int
    life: str
    definitions: int
    forecasts: int
    resolutions: int


class CopiedEvidence(NamedTuple):
    """A piece of evidence with its event and source, without verbatim text; times as text."""

    id: str
    time: str
    summary: str
    event: str
    type: str
    event_time: str
    source: str
    source_name: str


class CopiedTwin(NamedTuple):
    """The progress of a twin in the copy, by its id there."""

    id: str
    rev: int
    life: str
    sight: str
    rows: int
    forecasts: int
    resolutions: int


class CopyMovedError(Exception):
    """The copy is not where this process left it: a write of which it did not see the end, or another process.

    `here` is where it is; None if it does not have the twin.
    """

    def __init__(self, here: CopiedTwin | None) -> None:
        super().__init__()
        self.here = here


class OpenRow(NamedTuple):
    """An open row of the copy: its location and its subject."""

    element: str
    type: str
    revision: str
    of: str


@dataclass(frozen=True)
class CopyNode:
    """A node of the copy.

    `reference` is its name in the relationships of the same write, `shown` are the labels by which Neo4j Browser
    colours it.
    """

    reference: str
    label: str
    id: str
    values: Mapping[str, Any]
    shown: Sequence[str] = ()


@dataclass(frozen=True)
class CopyEdge:
    """A relationship of the copy between two nodes of the same write."""

    start: str
    type: str
    end: str
    values: Mapping[str, Any]


async def source_twins(graph: Graph, tenant: str, after: str, limit: int) -> list[SourceTwin]:
    """Twins of a tenant in the order of their names, after a name."""
    record = await graph.read("copy/source", tenant=tenant, after=after, limit=limit)
    return [SourceTwin(*row) for row in (record[0] if record else [])]


async def source_evidence(graph: Graph, twin: str, ids: Sequence[str]) -> list[CopiedEvidence]:
    """Pieces of evidence of a twin."""
    record = await graph.read("copy/evidence", twin=twin, ids=list(ids)) if ids else None
    return [CopiedEvidence(*row) for row in (record[0] if record else [])]


async def source_forecasts(graph: Graph, twin: str, most: int) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """All forecasts of a twin with their resolutions, as they are stored."""
    record = await graph.read(
        "forecast/of_twin", twin=twin, id=None, outcome=None, horizon=None, before=None, limit=most
    )
    rows = record[2] if record else []
    return [(_timed(forecast), [_timed(each) for each in resolutions]) for forecast, resolutions in rows]


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in batches."""
    for at in range(0, len(items), size):
        yield items[at : at + size]


def _timed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Stored values with moments as datetimes."""
    return {k: codec.moment(v) if k in TIMES and isinstance(v, str) else v for k, v in values.items()}


class CopyStore:
    """One database that holds a copy for one tenant and purpose."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def begin(self, tenant: str, purpose: str) -> tuple[str, int]:
        """The salt of the copy, and the number of its definition set; created if the database is empty.

        `copy-conflict` if the database holds anything else.
        """
        found = await self._state()
        if found is None:
            for statement in constraints():
                await self._graph.schema(statement)
            await self._graph.schema("CALL db.awaitIndexes(300)")
            values = {"tenant": tenant, "purpose": purpose, "salt": token_hex(16), "definitions": 0}
            await self._graph.write_one("copy/begin", id=COPY, values=values)
            found = await self._state()
        assert found is not None
        if (found[0], found[1]) != (tenant, purpose):
            raise Conflict("copy-conflict", f"That database has a copy for {found[1]!r} of the tenant {found[0]!r}.")
        return found[2], found[3]

    async def _state(self) -> tuple[str, str, str, int] | None:
        record = await self._graph.read("copy/state", id=COPY)
        copy, nodes = record or ([None], 0)
        if copy[0] is not None:
            return tuple(copy)
        if nodes:
            raise Conflict("copy-conflict", "That database is not empty and holds no copy; name an empty one.")
        return None

    async def twins(self) -> dict[str, CopiedTwin]:
        """The progress of each twin, by its id in the copy."""
        found: dict[str, CopiedTwin] = {}
        after = ""
        while True:
            record = await self._graph.read("copy/twins", after=after, limit=AT_ONCE)
            rows = [CopiedTwin(*row) for row in (record[0] if record else [])]
            found.update((row.id, row) for row in rows)
            if len(rows) < AT_ONCE:
                return found
            after = rows[-1].id

    async def open(self, twin: str) -> list[OpenRow]:
        """The open rows of a twin, except for bearings and measurements."""
        record = await self._graph.read("copy/open", twin=twin)
        return [OpenRow(*row) for row in (record[0] if record else [])]

    async def columns(self, twin: str) -> list[str]:
        """The revision ids of the open bearings and measurements."""
        record = await self._graph.read("copy/columns", twin=twin)
        return list(record[0]) if record else []

    async def write(
        self,
        before: CopiedTwin | None,
        to: CopiedTwin,
        nodes: Sequence[CopyNode],
        rows: Sequence[CopyEdge],
        joins: Sequence[CopyEdge] = (),
        closed: Sequence[str] = (),
    ) -> None:
        """Update a twin from one state to another, in one transaction; `CopyMovedError` if it is in another one.

        `joins` may exist already; `closed` are rows that end, by their location.
        """
        made: dict[str, str] = {}

        def ends(edges: Sequence[CopyEdge]) -> list[list[Any]]:
            return [[made[e.start], e.type, e.values, made[e.end]] for e in edges]

        async def work(tx: Transaction) -> None:
            locked = await tx.run("copy/lock", id=to.id)
            assert locked is not None
            here = None if locked[1] is None else CopiedTwin(*locked)
            if here != before:
                raise CopyMovedError(here)
            for some in batched(nodes, AT_ONCE):
                record = await tx.run(
                    "copy/nodes", rows=[[n.reference, n.label, n.id, n.values, [*n.shown]] for n in some]
                )
                made.update(record[0] if record else [])
            for new in batched(rows, AT_ONCE):
                await tx.run("archive/write_edges", rows=ends(new))
            for some_joins in batched(joins, AT_ONCE):
                await tx.run("copy/join", rows=ends(some_joins))
            if closed:
                await tx.run("copy/close", rows=list(closed), rev=to.rev)
            await tx.run("copy/mark", id=to.id, values={k: v for k, v in to._asdict().items() if k != "id"})

        await self._graph.write(work)

    async def delete(self, twin: str) -> None:
        """Delete a twin, some thousands of nodes per transaction."""
        await delete_twin(self._graph, twin)

    async def define(self, found: Definitions, at: datetime) -> None:
        """Replace the definitions of the copy, without parameters learned from people."""
        await self._graph.write_one("copy/forget_definitions", id=COPY, tenant=found.tenant, definitions=found.number)
        plain = found.model_copy(update={"parameters": None})
        for number, catalog in enumerate(_in_order(found.catalogs), start=1):
            await definitions.publish(self._graph, plain.model_copy(update={"number": number}), catalog, at)


def _in_order(catalogs: Sequence[Catalog]) -> list[Catalog]:
    """The catalogs, each after those whose attributes its relations name."""
    left, ordered, known = list(catalogs), [], set[str]()
    while left:
        ready = [c for c in left if _named(c) <= known | {a.key for a in c.attributes}] or left
        ordered += ready
        known |= {a.key for c in ready for a in c.attributes}
        left = [c for c in left if c not in ready]
    return ordered


def _named(catalog: Catalog) -> set[str]:
    return {end for relation in catalog.relations for end in (relation.source, relation.target)}
