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
from beliefgraph.services.beliefs.speak import addition, speak
from beliefgraph.services.definitions.graph import DefinitionGraph
from beliefgraph.services.derivation.goal_statements import person_said
from beliefgraph.services.goals.draft import GoalDraft, refuse_over_the_person, said_by
from beliefgraph.services.interpretation.protocol import BearsOn, InterpretedGoal, SourceStatement
from beliefgraph.services.layer.additions import Additions
from beliefgraph.services.layer.context import CommandContext


def setting_goal(context: CommandContext, command: SetGoal) -> Additions:
    """A statement about a goal over [valid_from, valid_to); it is also evidence that the goal is pursued.

    A field or relation that the person stated cannot be stated by anybody else (`correction-stands`).
    """
    valid = Interval(start=command.valid_from or context.moment, end=command.valid_to)
    _refuse_unknown(context, [*command.part_of, *command.depends_on, *command.competes_with])
    if not context.speaks_for_the_person:
        _refuse_over_the_person(context, command, valid)
    draft = GoalDraft(context.state)
    goal = InterpretedGoal(
        key=command.goal,
        **{name: getattr(command, name) for name in FIELDS},
        part_of=command.part_of,
        depends_on=command.depends_on,
        competes_with=command.competes_with,
    )
    stance: Stance = "correction" if context.speaks_for_the_person else "assertion"
    draft.state(said_by(context, context.speaker, stance, valid), [goal])
    spoken = SourceStatement(
        source=context.speaker,
        summary=_summary(command),
        verbatim=command.verbatim,
        bearings=bears_on_pursued(context.graph, command.goal, command.status),
    )
    return _pursued(context, spoken, draft, valid)


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
    draft.relate(said_by(context, context.speaker, "assertion", valid), command.kind, source, target, command.weight)
    return _pursued(context, SourceStatement(source=context.speaker, summary=summary, bearings=()), draft, valid)


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
    said = said_by(context, context.speaker, "assertion", valid)
    draft.relate(said, "motivates", belief, goal_id(twin, command.goal), command.weight)
    draft.beliefs.append(key)
    return _pursued(context, SourceStatement(source=context.speaker, summary=summary, bearings=()), draft, valid)


def _pursued(context: CommandContext, spoken: SourceStatement, draft: GoalDraft, valid: Interval) -> Additions:
    refuse_over_the_person(context, draft.relations)
    added = addition(context, "pursued", speak(context, spoken, "assertion", valid))
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
        if getattr(command, field) is not None and person_said(context.state, goal, field, valid.start, valid.end):
            raise Forbidden(
                "correction-stands",
                f"The person has stated the {field} of this goal themselves; only their own key can change it.",
                twin=context.state.name,
                goal=command.goal,
            )


def _summary(command: SetGoal) -> str:
    """Summary of the statement in plain words."""
    said = [f"{name} {_shown(getattr(command, name))}" for name in FIELDS if getattr(command, name) is not None]
    verb = "ends" if command.status in ENDED else "sets"
    return f"{verb} the goal “{command.title or command.goal}”{': ' if said else ''}{', '.join(said)}"


def _shown(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else f"“{value}”" if isinstance(value, str) else f"{value}"
