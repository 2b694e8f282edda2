"""What an event states about a decision by a rule: options, choice and reasons, expected and actual result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import orjson
from pydantic import ValidationError

from beliefgraph.errors import BeliefgraphError, Incorrect
from beliefgraph.model.catalog import DecisionRule, EventRule
from beliefgraph.model.decision import FIELDS, DecisionFields, Reason, refuse_twins
from beliefgraph.services.interpretation.protocol import InterpretedDecision
from beliefgraph.services.interpretation.rule_context import RuleContext

_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "title": "a text of one line with 1 to 300 characters",
        "options": "a list of options, each a map with a key of its own, and a title, features and goals if it has any",
        "chosen": "the key of an option",
        "reasons": "a list of reasons, each a text, or a map with a text, a belief or a goal",
        "expected": "a number from -1 to 1, or a map of such a score and a text",
        "actual": "a number from -1 to 1, or a map of such a score and a text",
    }
)
"""What each field of a decision must be, for messages."""


def decision(rule_context: RuleContext, rule: EventRule, decision_rule: DecisionRule) -> InterpretedDecision:
    """What a rule states about a decision."""
    key = rule_context.key(rule, decision_rule.key, "decision: key", "")
    values = {
        field: _field(rule_context, rule, key, field, expression)
        for field in FIELDS
        if (expression := getattr(decision_rule, field)) is not None
    }
    return InterpretedDecision.model_validate({"key": key, **values})


def one_decision(rule_context: RuleContext, a: InterpretedDecision, b: InterpretedDecision) -> InterpretedDecision:
    """What two rules state about one decision; refused if they disagree."""
    for field in FIELDS:
        one, other = getattr(a, field), getattr(b, field)
        if one is not None and other is not None and one != other:
            rule_context.refuse_together(f"they tell the {field} of one decision in two ways")
    values = {field: getattr(b if getattr(a, field) is None else a, field) for field in FIELDS}
    return InterpretedDecision(key=a.key, **values)


def _field(rule_context: RuleContext, rule: EventRule, key: str, field: str, expression: str) -> object:
    """The value of a field that an expression states, in the form of the field; None states nothing."""
    where = f"decision {key}: {field}"
    value = rule_context.value(rule, expression, where)
    if value is None:
        return None
    if field == "reasons":
        listed = value if isinstance(value, list) else [value]
        value = [{"text": one} if isinstance(one, str) else one for one in listed]
    elif field in ("expected", "actual") and not isinstance(value, dict):
        value = {"score": value}
    try:
        values = getattr(DecisionFields.model_validate_json(orjson.dumps({field: value}), strict=True), field)
        refuse_twins(values if field == "options" else ())
    except (ValidationError, Incorrect, TypeError):
        rule_context.refuse(rule, where, expression, f"it is not {_FORMS[field]}")
    if field == "reasons":
        _require_grounds(rule_context, rule, where, expression, values)
    return values


def _require_grounds(
    rule_context: RuleContext, rule: EventRule, where: str, expression: str, reasons: Iterable[Reason]
) -> None:
    """Refuse a reason that names a belief that is not defined."""
    for belief in (reason.belief for reason in reasons if reason.belief is not None):
        try:
            rule_context.definitions.attribute_of(belief)
        except BeliefgraphError as error:
            rule_context.refuse(rule, where, expression, error.message.rstrip("."))
