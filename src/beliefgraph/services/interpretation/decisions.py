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
from beliefgraph.services.interpretation.reading import Reading

_TOLD: Mapping[str, str] = MappingProxyType(
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


def decision(reading: Reading, rule: EventRule, telling: DecisionRule) -> InterpretedDecision:
    """What a rule states about a decision."""
    key = reading.key(rule, telling.key, "decision: key", "")
    told = {
        field: _told(reading, rule, key, field, expression)
        for field in FIELDS
        if (expression := getattr(telling, field)) is not None
    }
    return InterpretedDecision.model_validate({"key": key, **told})


def one_decision(reading: Reading, a: InterpretedDecision, b: InterpretedDecision) -> InterpretedDecision:
    """What two rules state about one decision; refused if they disagree."""
    for field in FIELDS:
        one, other = getattr(a, field), getattr(b, field)
        if one is not None and other is not None and one != other:
            reading.refuse_together(f"they tell the {field} of one decision in two ways")
    told = {field: getattr(b if getattr(a, field) is None else a, field) for field in FIELDS}
    return InterpretedDecision(key=a.key, **told)


def _told(reading: Reading, rule: EventRule, key: str, field: str, expression: str) -> object:
    """The value of a field that an expression states, in the form of the field; None states nothing."""
    where = f"decision {key}: {field}"
    value = reading.value(rule, expression, where)
    if value is None:
        return None
    if field == "reasons":
        listed = value if isinstance(value, list) else [value]
        value = [{"text": one} if isinstance(one, str) else one for one in listed]
    elif field in ("expected", "actual") and not isinstance(value, dict):
        value = {"score": value}
    try:
        told = getattr(DecisionFields.model_validate_json(orjson.dumps({field: value}), strict=True), field)
        refuse_twins(told if field == "options" else ())
    except (ValidationError, Incorrect, TypeError):
        reading.refuse(rule, where, expression, f"it is not {_TOLD[field]}")
    if field == "reasons":
        _require_grounds(reading, rule, where, expression, told)
    return told


def _require_grounds(reading: Reading, rule: EventRule, where: str, expression: str, reasons: Iterable[Reason]) -> None:
    """Refuse a reason that names a belief that is not defined."""
    for belief in (reason.belief for reason in reasons if reason.belief is not None):
        try:
            reading.definitions.attribute_of(belief)
        except BeliefgraphError as error:
            reading.refuse(rule, where, expression, error.message.rstrip("."))
