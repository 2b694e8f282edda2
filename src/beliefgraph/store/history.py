"""Published history of a belief, a goal, a decision or a metric: newest first, as seen by a rev."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from beliefgraph.model.revision import Revision
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph

R = TypeVar("R", bound=Revision)


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which rows: opened by `rev` (None: by now), before `before`, valid by `valid_time`, at most `limit`."""

    rev: int | None
    valid_time: datetime | None
    before: int | None
    limit: int


async def published(
    graph: Graph, query: str, twin: str, read: Callable[[Any, str], R], stretch: HistoryFilter, **things: object
) -> tuple[int, datetime, list[R]] | None:
    """The rows, with the rev read and its head time.

    None without such a twin or rev, or while a commit is still becoming visible.
    """
    record = await graph.read(
        query,
        twin=twin,
        rev=stretch.rev,
        valid_time=stretch.valid_time,
        before=stretch.before,
        limit=stretch.limit,
        **things,
    )
    if record is None or not record[-1]:
        return None
    rev, head_time, rows, _ = record
    return rev, codec.moment(head_time), as_seen((read(row, twin) for row in rows), rev)


def as_seen(rows: Iterable[R], rev: int) -> list[R]:
    """The rows as the rev saw them, before later revs closed some."""
    return [row if row.rev_to is None or row.rev_to <= rev else row.model_copy(update={"rev_to": None}) for row in rows]
