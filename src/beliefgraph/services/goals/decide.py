"""What commands about goals add to a twin. Pure: additions, or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from beliefgraph.errors import Forbidden, Incorrect, NotFound
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.command import MotivateGoal, RelateGoals, SetGoal
from beliefgraph.model.evidence import Stance
from beliefgraph.model.goal import ENDED, FIELDS, GoalStatus
from beliefgraph.model.identity import belief_id, goal_id
from beliefgraph.model.time import Interval
from beliefgraph.services.beliefs.statement_rows import addition, statement_rows
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.goal_statements import stated_by_person
from beliefgraph.services.goals.draft import GoalDraft, goal_provenance, refuse_over_the_person
from beliefgraph.services.interpretation.protocol import BearsOn, InterpretedGoal, SourceStatement
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext


def setting_goal(context: CommandContext, command: SetGoal) -> Additions:
    """A statement about a goal over [valid_from, valid_to); it is also evidence that the goal is pursued.

    A field or relation that the person stated cannot be stated by anybody else (`correction-stands`).
    """
    valid = Interval(start=command.valid_from or context.moment, end=command.valid_to)
    _refuse_unknown(context, [*command.part_of, *command.depends_on, *command.competes_with])
    if not context.caller_is_person:
        _refuse_over_the_person(context, command, valid)
    draft = GoalDraft(context.state)
    goal = InterpretedGoal(
        key=command.goal,
        **{name: getattr(command, name) for name in FIELDS},
        part_of=command.part_of,
        depends_on=command.depends_on,
        competes_with=command.competes_with,
    )
    stance: Stance = "correction" if context.caller_is_person else "assertion"
    draft.add_statements(goal_provenance(context, context.caller_source, stance, valid), [goal])
    statement = SourceStatement(
        source=context.caller_source,
        summary=_summary(command),
        verbatim=command.verbatim,
        bearings=bears_on_pursued(context.graph, command.goal, command.status),
    )
    return _pursued(context, statement, draft, valid)


def relating_goals(context: CommandContext, command: RelateGoals) -> Additions:
    """A relation between two known goals over [valid_from, valid_to); refuses `cyclic-goals`.

    A relation that the person stated cannot be stated by anybody else (`correction-stands`).
    """
    if command.source == command.target:
        raise Incorrect("cyclic-goals", "A goal cannot be related to itself.", goals=[command.source])
    _refuse_unknown(context, [command.source, command.target])
    summary = f"relates goals: “{command.source}” {command.kind.replace('_', ' ')} “{command.target}”"
    valid = Interval(start=command.valid_from or context.moment, end=command.valid_to)
    draft = GoalDraft(context.state)
    source, target = (goal_id(context.state.id, key) for key in (command.source, command.target))
    draft.relate(
        goal_provenance(context, context.caller_source, "assertion", valid),
        command.kind,
        source,
        target,
        command.weight,
    )
    return _pursued(context, SourceStatement(source=context.caller_source, summary=summary, bearings=()), draft, valid)


def motivating_goal(context: CommandContext, command: MotivateGoal) -> Additions:
    """A belief that motivates a known goal over [valid_from, valid_to); refused over the person's statement as
    above."""
    attribute = context.graph.definitions.attribute(command.belief.attribute)
    attribute.require(command.belief.value)
    _refuse_unknown(context, [command.goal])
    summary = f"says that “{attribute.say(command.belief)}” motivates “{command.goal}”"
    valid = Interval(start=command.valid_from or context.moment, end=command.valid_to)
    draft = GoalDraft(context.state)
    key, twin = command.belief, context.state.id
    belief = belief_id(twin, key)
    provenance = goal_provenance(context, context.caller_source, "assertion", valid)
    draft.relate(provenance, "motivates", belief, goal_id(twin, command.goal), command.weight)
    draft.beliefs.append(key)
    return _pursued(context, SourceStatement(source=context.caller_source, summary=summary, bearings=()), draft, valid)


def _pursued(context: CommandContext, statement: SourceStatement, draft: GoalDraft, valid: Interval) -> Additions:
    refuse_over_the_person(context, draft.relations)
    added = addition(context, "pursued", statement_rows(context, statement, "assertion", valid))
    return replace(added, beliefs=(*added.beliefs, *draft.beliefs), delta=added.delta + draft.delta)


def bears_on_pursued(graph: DefinitionGraph, goal: str, status: GoalStatus | None) -> tuple[BearsOn, ...]:
    """How a stated status bears on whether the goal is pursued: for it, against it if abandoned, else not at all."""
    definition = graph.definitions.goals
    if definition is None or status in (None, "proposed"):
        return ()
    attribute = graph.definitions.attribute(definition.pursued)
    return (
        BearsOn(
            belief=BeliefKey.of(attribute=definition.pursued, subject=goal),
            log_likelihood_ratio=-definition.stated if status == "abandoned" else definition.stated,
            half_life=None if attribute.half_life is None else attribute.half_life.total_seconds(),
        ),
    )


def _refuse_unknown(context: CommandContext, keys: Sequence[str]) -> None:
    known = {row.goal for row in context.state.statements} if keys else set()
    for key in keys:
        if goal_id(context.state.id, key) not in known:
            raise NotFound("unknown-goal", f"This twin has no goal {key!r}.", twin=context.state.name, goal=key)


def _refuse_over_the_person(context: CommandContext, command: SetGoal, valid: Interval) -> None:
    goal = goal_id(context.state.id, command.goal)
    for field in FIELDS:
        if getattr(command, field) is not None and stated_by_person(context.state, goal, field, valid.start, valid.end):
            raise Forbidden(
                "correction-stands",
                f"The person has stated the {field} of this goal themselves; only their own key can change it.",
                twin=context.state.name,
                goal=command.goal,
            )


def _summary(command: SetGoal) -> str:
    """Summary of the statement in plain words."""
    fields = [f"{name} {_shown(getattr(command, name))}" for name in FIELDS if getattr(command, name) is not None]
    verb = "ends" if command.status in ENDED else "sets"
    return f"{verb} the goal “{command.title or command.goal}”{': ' if fields else ''}{', '.join(fields)}"


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else f"“{value}”" if isinstance(value, str) else f"{value}"
