"""What a commit publishes of decisions: a deliberation for every one that stands otherwise than published. Pure."""

from __future__ import annotations

from datetime import datetime

from beliefgraph.model.decision import Deliberation
from beliefgraph.model.timeline import inferred
from beliefgraph.services.decisions.told import ToldDecision, resolve_decisions
from beliefgraph.services.state import TwinState


def publish_decisions(
    state: TwinState, at: datetime, rev: int
) -> tuple[tuple[Deliberation, ...], tuple[Deliberation, ...]]:
    """The deliberations that `rev` closes and opens at its head time, given the twin with its new rows.

    A decision of which all was withdrawn is closed and not opened again.
    """
    told = resolve_decisions(state, at)
    found = {id_: _deliberation(state.id, one, at, rev) for id_, one in told.items()}
    opened = {id_: row for id_, row in found.items() if not _same(state.deliberations.get(id_), row)}
    closed = [row for id_, row in state.deliberations.items() if id_ in opened or id_ not in found]
    return tuple(closed), tuple(opened.values())


def _deliberation(twin: str, told: ToldDecision, at: datetime, rev: int) -> Deliberation:
    return inferred(
        Deliberation,
        twin,
        told.decision.id,
        at,
        rev,
        "",
        title=told.title,
        status=told.status,
        options=told.options,
        chosen=told.chosen,
        reasons=told.grounds,
        expected=told.expected,
        actual=told.actual,
    )


def _same(known: Deliberation | None, row: Deliberation) -> bool:
    """Whether what is published already says the same."""
    fields = ("title", "status", "options", "chosen", "reasons", "expected", "actual")
    return known is not None and all(getattr(known, name) == getattr(row, name) for name in fields)
