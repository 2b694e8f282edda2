"""The layer of decisions: publishes a deliberation for every decision that differs from the published one. Pure."""

from __future__ import annotations

from datetime import datetime

from beliefgraph.model.decision import Decision, DecisionChange, Deliberation
from beliefgraph.model.delta import Delta
from beliefgraph.model.timeline import inferred
from beliefgraph.services.decisions.draft import DecisionDraft
from beliefgraph.services.decisions.statements import ResolvedDecision, resolve_decisions
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.layer.protocol import Layer, PublishContext, Published
from beliefgraph.services.twin.state import TwinState


def publish(context: PublishContext) -> Published:
    """The deliberations that a commit closes and opens.

    A decision whose statements were all withdrawn is closed and not opened again.
    """
    state, at = context.after, context.derivation.at
    if not state.decisions:
        return Published()
    resolved = resolve_decisions(state, at)
    found = {id_: _deliberation(state.id, one, at, context.rev) for id_, one in resolved.items()}
    opened = {id_: row for id_, row in found.items() if not _same(state.deliberations.get(id_), row)}
    closed = [row for id_, row in state.deliberations.items() if id_ in opened or id_ not in found]
    return Published(Delta.of(opened=opened.values(), closed=closed))


def _deliberation(twin: str, resolved: ResolvedDecision, at: datetime, rev: int) -> Deliberation:
    return inferred(
        Deliberation,
        twin,
        resolved.decision.id,
        at,
        rev,
        "",
        title=resolved.title,
        status=resolved.status,
        options=resolved.options,
        chosen=resolved.chosen,
        reasons=resolved.grounds,
        expected=resolved.expected,
        actual=resolved.actual,
    )


def _same(known: Deliberation | None, row: Deliberation) -> bool:
    """Whether what is published already says the same."""
    fields = ("title", "status", "options", "chosen", "reasons", "expected", "actual")
    return known is not None and all(getattr(known, name) == getattr(row, name) for name in fields)


def _draft(state: TwinState, _: DefinitionGraph) -> DecisionDraft:
    return DecisionDraft(state)


def _change(decision: Decision, before: Deliberation | None, after: Deliberation | None) -> DecisionChange:
    return DecisionChange(decision=decision, before=before, after=after)


DECISIONS = Layer("decisions", Decision, Deliberation, _change, publish, _draft)
"""The decisions of a twin."""
