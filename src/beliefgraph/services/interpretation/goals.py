"""What an event states about a goal by a rule: its fields, related goals, and the beliefs that motivate it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import TypeAdapter, ValidationError

from beliefgraph.model.belief import ANYONE, ANYWHERE, BeliefKey
from beliefgraph.model.catalog import EventRule, GoalRule, MotiveRule
from beliefgraph.model.goal import FIELDS, MAX_RELATED, GoalStatus
from beliefgraph.model.record import Probability, Title
from beliefgraph.model.time import Instant
from beliefgraph.model.vocabulary import values_of
from beliefgraph.services.interpretation.protocol import InterpretedGoal, Motive
from beliefgraph.services.interpretation.rule_context import KEY, RuleContext

RELATED = ("part_of", "depends_on", "competes_with")
"""Fields of a goal rule that name other goals."""

_STATED: Mapping[str, tuple[TypeAdapter[Any], str]] = MappingProxyType(
    {
        "title": (TypeAdapter(Title), "a text of one line with 1 to 300 characters"),
        "status": (TypeAdapter(GoalStatus), f"one of {', '.join(values_of(GoalStatus))}"),
        "priority": (TypeAdapter(Probability), "a number from 0 to 1"),
        "progress": (TypeAdapter(Probability), "a number from 0 to 1"),
        "deadline": (TypeAdapter(Instant), "a moment with a zone"),
    }
)
"""What each field of a goal must be, and the text of this for messages."""


def goal(rule_context: RuleContext, rule: EventRule, stated: GoalRule) -> InterpretedGoal:
    """What a rule states about a goal."""
    key = rule_context.key(rule, stated.key, "goal: key", "")
    related = {field: _goals(rule_context, rule, getattr(stated, field), f"goal {key}: {field}") for field in RELATED}
    for field, others in related.items():
        if key in others:
            rule_context.refuse(rule, f"goal {key}: {field}", getattr(stated, field), "a goal is related to itself")
    return InterpretedGoal(
        key=key,
        **{field: _stated(rule_context, rule, stated, key, field) for field in FIELDS},
        **related,
        motives=tuple(_motive(rule_context, rule, motive, key) for motive in stated.motivated_by),
    )


def one_goal(rule_context: RuleContext, a: InterpretedGoal, b: InterpretedGoal) -> InterpretedGoal:
    """What two rules state about one goal; refused if they disagree."""
    for field in FIELDS:
        one, other = getattr(a, field), getattr(b, field)
        if one is not None and other is not None and one != other:
            rule_context.refuse_together(f"they state the {field} of one goal in two ways")
    return InterpretedGoal(
        key=a.key,
        **{field: getattr(b if getattr(a, field) is None else a, field) for field in FIELDS},
        **{field: tuple(dict.fromkeys((*getattr(a, field), *getattr(b, field)))) for field in RELATED},
        motives=tuple({m.belief: m for m in (*a.motives, *b.motives)}.values()),
    )


def is_status(field: str, text: str) -> bool:
    """Whether a text is the name of a status rather than an expression for one."""
    return field == "status" and text in values_of(GoalStatus)


def _stated(rule_context: RuleContext, rule: EventRule, stated: GoalRule, key: str, field: str) -> object:
    given, (form, form_text) = getattr(stated, field), _STATED[field]
    if given is None:
        return None
    where = f"goal {key}: {field}"
    is_expression = isinstance(given, str) and not is_status(field, given)
    value = rule_context.value(rule, given, where) if is_expression else given
    if value is None:
        return None
    try:
        if isinstance(value, bool) or (field == "deadline" and isinstance(value, (int, float))):
            raise TypeError  # a number has neither a time zone nor a unit
        return form.validate_python(value, strict=field not in ("deadline", "status"))
    except (ValidationError, TypeError):
        rule_context.refuse(rule, where, given, f"it is not {form_text}")


def _goals(rule_context: RuleContext, rule: EventRule, expression: str | None, where: str) -> tuple[str, ...]:
    """The keys of other goals that an expression gives: one, or a list without duplicates."""
    value = None if expression is None else rule_context.value(rule, expression, where)
    if value is None:
        return ()
    named = tuple(value) if isinstance(value, list) else (value,)
    try:
        keys = tuple(KEY.validate_python(each, strict=True) for each in named)
    except ValidationError:
        rule_context.refuse(rule, where, expression, "it is not a goal's key or a list of them")
    if len(set(keys)) < len(keys):
        rule_context.refuse(rule, where, expression, "it names a goal twice")
    if len(keys) > MAX_RELATED:
        rule_context.refuse(rule, where, expression, f"it names more than {MAX_RELATED} goals")
    return keys


def _motive(rule_context: RuleContext, rule: EventRule, motive: MotiveRule, key: str) -> Motive:
    where = f"goal {key}: motivated_by {motive.attribute}"
    belief = BeliefKey.of(
        attribute=motive.attribute,
        value=motive.value,
        subject=rule_context.key(rule, motive.subject, f"{where}: subject", ANYONE),
        context=rule_context.key(rule, motive.context, f"{where}: context", ANYWHERE),
    )
    return Motive(belief=belief, weight=motive.weight)
