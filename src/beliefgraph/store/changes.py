"""Reading changes: commits with the holdings they opened, for any number of twins in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from beliefgraph.model.commit import BeliefChange, Change, Commit
from beliefgraph.store import codec
from beliefgraph.store.graph import Graph


async def heads(graph: Graph, twins: Sequence[str]) -> dict[str, int]:
    """The rev of every one of these twins that exists."""
    record = await graph.read("change/heads", twins=list(twins))
    return dict(record[0]) if record else {}


async def since(graph: Graph, wanted: Mapping[str, tuple[int, int]], limit: int) -> list[Change]:
    """The changes of twins, each after a rev and up to another, in order, at most `limit` of each twin."""
    rows = [{"twin": twin, "after": after, "upto": upto} for twin, (after, upto) in wanted.items()]
    record = await graph.read("change/since", wanted=rows, limit=limit)
    return [_change(row) for row in (record[0] if record else [])]


def _change(row: list[Any]) -> Change:
    (twin, rev, at, head_time, actor, purpose, cause, definitions), beliefs = row
    return Change.model_construct(
        commit=Commit.model_construct(
            twin=twin,
            rev=rev,
            at=codec.moment(at),
            head_time=codec.moment(head_time),
            actor=actor,
            purpose=purpose,
            cause=cause,
            definitions=definitions,
        ),
        beliefs=tuple(
            BeliefChange.model_construct(
                belief=codec.belief(belief, twin),
                before=None if before is None else codec.holding(before, twin),
                after=codec.holding(after, twin),
            )
            for belief, before, after in beliefs
        ),
    )
