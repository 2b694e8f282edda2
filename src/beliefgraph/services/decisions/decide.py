"""What the command about decisions adds to a twin. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from beliefgraph.errors import Forbidden, NotFound
from beliefgraph.model.command import RecordDecision
from beliefgraph.model.decision import FIELDS, Option
from beliefgraph.model.evidence import Stance
from beliefgraph.model.identity import decision_id, goal_id
from beliefgraph.model.time import Interval
from beliefgraph.services.beliefs.statement_rows import addition, statement_rows
from beliefgraph.services.decisions.draft import DecisionDraft, decision_provenance
from beliefgraph.services.decisions.statements import resolve_decisions, stated_by_person
from beliefgraph.services.interpretation.protocol import InterpretedDecision, SourceStatement
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext


def recording_decision(context: CommandContext, command: RecordDecision) -> Additions:
    """A statement about a decision from `valid_from` on.

    Rejects a choice that is not among the options (`unknown-option`), reasons that name something unknown, and a
    statement by anybody but the person that would replace the person's own (`correction-stands`).
    """
    start = command.valid_from or context.moment
    by_person = context.caller_is_person
    if not by_person:
        _refuse_over_the_person(context, command)
    _refuse_unknown_grounds(context, command)
    _refuse_unknown_goals(context, [goal for option in command.options or () for goal in option.goals])
    stated = InterpretedDecision(key=command.decision, **{name: getattr(command, name) for name in FIELDS})
    draft = DecisionDraft(context.state)
    draft.require_room([command.decision])
    stance: Stance = "correction" if by_person else "assertion"
    draft.add_statements(decision_provenance(context, context.caller_source, stance, start), [stated])
    _refuse_unknown_choice(context, draft, command, start)
    statement = SourceStatement(source=context.caller_source, summary=_summary(command), bearings=())
    added = addition(context, "decided", statement_rows(context, statement, "assertion", Interval(start=start)))
    return replace(added, delta=added.delta + draft.delta)


def _refuse_over_the_person(context: CommandContext, command: RecordDecision) -> None:
    id_ = decision_id(context.state.id, command.decision)
    for field in FIELDS:
        if getattr(command, field) is not None and stated_by_person(context.state, id_, field):
            raise Forbidden(
                "correction-stands",
                f"The person has stated the {field} of this decision themselves; only their own key can change it.",
                twin=context.state.name,
                decision=command.decision,
            )


def _refuse_unknown_grounds(context: CommandContext, command: RecordDecision) -> None:
    for reason in command.reasons or ():
        if reason.belief is not None:
            context.graph.definitions.attribute_of(reason.belief)
    _refuse_unknown_goals(context, [reason.goal for reason in command.reasons or () if reason.goal is not None])


def _refuse_unknown_goals(context: CommandContext, keys: Iterable[str]) -> None:
    known = {row.goal for row in context.state.statements}
    for key in keys:
        if goal_id(context.state.id, key) not in known:
            raise NotFound("unknown-goal", f"This twin has no goal {key!r}.", twin=context.state.name, goal=key)


def _refuse_unknown_choice(
    context: CommandContext, draft: DecisionDraft, command: RecordDecision, start: datetime
) -> None:
    """Refuse a statement that would leave a choice that is not among the options at that moment."""
    after = resolve_decisions(context.state.after(draft.delta), start)
    resolved = after[decision_id(context.state.id, command.decision)]
    if resolved.chosen is not None and resolved.option is None:
        raise NotFound(
            "unknown-option",
            f"{resolved.chosen!r} is not an option of {command.decision!r}: {_listed(resolved.options)}.",
            twin=context.state.name,
            decision=command.decision,
            option=resolved.chosen,
        )


def _listed(options: Iterable[Option]) -> str:
    return ", ".join(option.key for option in options) or "it has none yet"


def _summary(command: RecordDecision) -> str:
    """The statement in plain language."""
    parts = []
    if command.options is not None:
        parts.append(f"{len(command.options)} options")
    if command.chosen is not None:
        parts.append(f"chooses “{command.chosen}”")
    if command.reasons is not None:
        parts.append("says why")
    for name in ("expected", "actual"):
        result = getattr(command, name)
        if result is not None:
            parts.append(f"{name} result {result.score:+g}")
    return f"tells of the decision “{command.title or command.decision}”{': ' if parts else ''}{', '.join(parts)}"
