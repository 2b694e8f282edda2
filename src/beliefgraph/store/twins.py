"""Reading twins: the rows that one rev of each sees in one statement, and very numerous rows in pages."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import itemgetter
from typing import Any

from beliefgraph.errors import Fault
from beliefgraph.model.belief import Belief
from beliefgraph.model.delta import Records
from beliefgraph.model.record import Record
from beliefgraph.model.revision import Revision
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

TRIES = 50
"""Attempts to read a twin that is written to constantly, before an error."""

PAUSE = 0.005
"""Seconds between two attempts, about the time of one commit."""


@dataclass(frozen=True)
class TwinRows:
    """The rows of a twin that one rev sees, except for very many bearings and measurements.

    `head_time` and the four after it are those of that rev's commit, including the numbers of rows that the rev sees
    and that it opened. `life` distinguishes incarnations of a name, before and after an erasure. `bearings` and
    `measurements` are all that revs up to this one opened; None if they are too many to be read at once.
    """

    rev: int
    current: int
    life: str
    head_time: datetime
    last_updated: datetime
    definitions: int
    open_rows: int
    opened_rows: int
    made: Records
    revisions: Sequence[Revision]
    bearings: Sequence[Row] | None
    measurements: Sequence[Row] | None


COLUMNS: Sequence[Callable[[list[Any], str], Record]] = (
    codec.belief,
    codec.relation,
    codec.holding,
    codec.link,
    codec.goal,
    codec.statement,
    codec.goal_relation,
    codec.pursuit,
    codec.metric,
    codec.reading,
    codec.decision,
    codec.decision_statement,
    codec.deliberation,
    codec.permission,
    codec.contested,
)
"""Decoders of the rows of each column of `twin/inputs`."""


@dataclass(frozen=True)
class RowKind:
    """A kind of row that a twin may have very many of: the queries for its open and for its closed rows."""

    open: str
    closed: str

    async def since(self, graph: Graph, twin: str, rev: int, after: int) -> AsyncIterator[Sequence[Row]]:
        """The rows opened by the revs in (after, rev], in pages by these revs; closed rows come last.

        A row that is closed meanwhile may appear twice.
        """
        first, skip = after + 1, 0
        while True:
            record = await graph.read(self.open, twin=twin, after=first, rev=rev, skip=skip, limit=PAGE_OF_ROWS)
            page: Sequence[Row] = record[0] if record else []
            if page:
                yield page
            if len(page) < PAGE_OF_ROWS:
                break
            last = page[-1][REV_FROM]
            skip = sum(row[REV_FROM] == last for row in page) + (skip if last == first else 0)
            first = last
        record = await graph.read(self.closed, twin=twin, rev=rev)
        if record and record[0]:
            yield record[0]


BEARINGS = RowKind("twin/bearings", "twin/closed_bearings")
MEASUREMENTS = RowKind("twin/measurements", "twin/closed_measurements")

PAGE_OF_ROWS = 20_000
"""Rows that one statement reads: some megabytes of Neo4j's memory for a transaction."""

Row = Sequence[Any]
"""A row as a query returns it: revision id, evidence, number, valid from and to in microseconds, rev from and to, then
the values that it shares with others."""

REV_FROM = 5
_OPENED = itemgetter(REV_FROM, 1, 0)


async def load(graph: Graph, twins: Sequence[str], rev: int | None = None, rows: int = 0) -> dict[str, TwinRows]:
    """The rows that `rev` sees (None: the current one), of those twins that exist and have such a commit.

    Bearings and measurements of twins with fewer than `rows` of them are included. One statement for all.

    A reader in Neo4j may see half of a commit that lands while it reads: a row that it closes may be missed, one that
    it opens may not be visible yet. Callers therefore compare the numbers of rows with those that the writer of the rev
    counted, rows opened by the rev separately; if either differs, they read again: see `settled`.
    """
    found: dict[str, TwinRows] = {}
    torn: dict[str, int] = {}
    asked = list(twins)
    for _ in range(TRIES):
        record = await graph.read("twin/inputs", twins=asked, rev=rev, rows=rows)
        assert record is not None
        read = [(twin, seen, current, rest) for twin, seen, current, *rest in record[0] if 0 < seen <= current]
        further = await _further(graph, {twin: seen for twin, seen, *_ in read})
        torn = {}
        for twin, seen, current, rest in read:
            whole = _whole(graph, twin, seen, current, rest, further.get(twin), rows)
            if whole is None:
                torn[twin] = seen
            else:
                found[twin] = whole
        asked = list(torn)
        if not asked:
            return found
        await asyncio.sleep(PAUSE)
    raise damaged(*next(iter(torn.items())))


def damaged(twin: str, rev: int) -> Fault:
    """The error for a rev with another number of rows than its commit counted, although no write is in progress."""
    return Fault("twin-damaged", f"The rows of rev {rev} are not those that its commit counted.", twin=twin, rev=rev)


async def _further(graph: Graph, revs: Mapping[str, int]) -> dict[str, list[Any]]:
    """The rows of additional layers that revs see, by twin, if the service has any."""
    if not graph.layers or not revs:
        return {}
    record = await graph.read("layer/inputs", twins=[[twin, rev] for twin, rev in revs.items()])
    assert record is not None
    return {twin: rows for twin, *rows in record[0]}


def _whole(
    graph: Graph, twin: str, seen: int, current: int, rest: Sequence[Any], further: list[Any] | None, most: int
) -> TwinRows | None:
    """The rows of a rev, with those of `further` layers, if all the rows they refer to were visible."""
    life, at, bearings, measurements, columns = rest
    if not at:
        return None
    head_time, last_updated, definitions, open_rows, opened_rows = at[0]
    read = [decode(row, twin) for decode, rows in zip(COLUMNS, columns, strict=True) for row in rows]
    if further is not None:
        read += graph.layers.read(further, graph.personal)
    revisions = [row for row in read if isinstance(row, Revision)]
    made = Records(
        graph.personal.belief(row) if isinstance(row, Belief) else row for row in read if not isinstance(row, Revision)
    )
    known = {record.id for record in made}  # type: ignore[attr-defined]
    if not all(id_ in known for row in revisions for id_ in row.about):
        return None
    return TwinRows(
        rev=seen,
        current=current,
        life=life,
        head_time=codec.moment(head_time),
        last_updated=codec.moment(last_updated),
        definitions=definitions,
        open_rows=open_rows,
        opened_rows=opened_rows,
        made=made,
        revisions=revisions,
        bearings=_every(bearings, open_rows, most),
        measurements=_every(measurements, open_rows, most),
    )


def _every(rows: Sequence[Row], open_rows: int, most: int) -> Sequence[Row] | None:
    """The rows in the order in which they were opened, if these are all: the twin has few, open and closed."""
    return sorted(rows, key=_OPENED) if max(open_rows, len(rows)) < most else None
