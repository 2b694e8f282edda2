"""Reading and writing the checkpoints of twins: sealed blocks of rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from beliefgraph.store.graph import Graph

AT_ONCE = 4
"""Most checkpoints that are read at a time: some ten megabytes."""


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A block of one kind of a twin's rows: those opened by the revs in (after, rev]."""

    id: str
    kind: str
    number: int
    after: int
    rev: int
    rows: int
    sealed: bytes


async def of_twin(graph: Graph, twin: str, life: str, rev: int) -> AsyncIterator[list[StoredCheckpoint]]:
    """The checkpoints of a twin that end at or before a rev, by kind and number, a few at a time."""
    kind, number = "", 0
    while True:
        record = await graph.read(
            "checkpoint/of_twin", twin=twin, life=life, rev=rev, kind=kind, number=number, limit=AT_ONCE
        )
        found = [
            StoredCheckpoint(id_, kind, number, after, until, rows, bytes(sealed))
            for id_, kind, number, after, until, rows, sealed in (record[0] if record else [])
        ]
        if found:
            yield found
        if len(found) < AT_ONCE:
            return
        kind, number = found[-1].kind, found[-1].number


async def last(graph: Graph, twin: str, life: str) -> dict[str, tuple[int, int]]:
    """The number and the last rev of the newest checkpoint of each kind."""
    record = await graph.read("checkpoint/last", twin=twin, life=life)
    return {kind: (number, rev) for kind, number, rev in (record[0] if record else [])}


async def write(graph: Graph, twin: str, life: str, checkpoints: Sequence[StoredCheckpoint]) -> None:
    """Store the checkpoints one at a time, except if the twin was erased meanwhile or the checkpoint exists already."""
    for one in checkpoints:
        values = {
            "id": one.id,
            "twin": twin,
            "life": life,
            "kind": one.kind,
            "number": one.number,
            "after": one.after,
            "rev": one.rev,
            "rows": one.rows,
            "sealed": one.sealed,
        }
        await graph.write_one("checkpoint/write", twin=twin, life=life, checkpoint=values)


async def drop(graph: Graph, twin: str) -> int:
    """Delete the checkpoints of a twin; returns their number."""
    record = await graph.write_one("checkpoint/drop", twin=twin)
    return int(record[0]) if record else 0
