"""Which texts are sealed: those of beliefs of attributes marked personal, and of evidence on them. Pure.

So are the summaries of evidence with personal statements in another layer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from beliefgraph.model.belief import Belief, Holding
from beliefgraph.model.delta import Delta
from beliefgraph.model.evidence import Bearing
from beliefgraph.model.personal import personal_fields
from beliefgraph.model.revision import Statement
from beliefgraph.services.twin.state import TwinState


def personal_ids(attributes: Collection[str], twin: TwinState, delta: Delta) -> frozenset[str]:
    """The ids of the personal rows that a commit writes: beliefs of personal attributes, and the evidence on them.

    This includes evidence with personal statements in other layers.
    """
    stated = frozenset(_states_personal(delta))
    if not attributes:
        return stated

    def personal(belief: str) -> bool:
        known = twin.beliefs.get(belief)
        return known is not None and known.attribute in attributes

    found = [ids for ids in _attributes_and_ids(delta) if personal(ids[0])]
    return stated.union(id_ for ids in found for id_ in ids if id_ is not None)


def _states_personal(delta: Delta) -> Iterator[str]:
    """The evidence of statements with fields that are marked personal."""
    for kind, opened in delta.opened.by_type.items():
        if issubclass(kind, Statement) and personal_fields(kind):
            yield from (row.evidence for row in opened if isinstance(row, Statement))


def _attributes_and_ids(delta: Delta) -> Iterator[tuple[str, str | None]]:
    """The beliefs that a commit creates, publishes or has evidence on, each with the evidence."""
    for belief in delta.made.of(Belief):
        yield belief.id, None
    for rows in (delta.closed, delta.opened):
        for holding in rows.of(Holding):
            yield holding.key, None
    for bearing in delta.opened.of(Bearing):
        yield bearing.belief, bearing.evidence
    for kind, opened in delta.opened.by_type.items():
        if issubclass(kind, Statement) and kind is not Bearing:
            yield from ((id_, row.evidence) for row in opened if isinstance(row, Statement) for id_ in row.about)
