"""Input types, made from the records of commands and queries; fields are declared in the model only."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any, TypeVar

import strawberry
from strawberry.annotation import StrawberryAnnotation
from strawberry.pydantic import InputValidationError
from strawberry.pydantic.conversion import build_pydantic_model
from strawberry.types.arguments import InputContext
from strawberry.types.base import StrawberryObjectDefinition

from beliefgraph.errors import BeliefgraphError
from beliefgraph.graphql.ids import stored_id
from beliefgraph.graphql.scalars import in_graphql, shown
from beliefgraph.graphql.variables import check_events
from beliefgraph.model.belief import BeliefKey
from beliefgraph.model.command import (
    AssertBelief,
    Assumption,
    Correct,
    HypotheticalEvidence,
    Identify,
    Intervention,
    MotivateGoal,
    RecordDecision,
    Relate,
    RelateGoals,
    Retract,
    SetGoal,
    SupposedGoal,
    Unidentify,
    WhatIf,
    Withdraw,
)
from beliefgraph.model.contest import Contest
from beliefgraph.model.decision import DecisionFields, Option, Reason, Result
from beliefgraph.model.decision_check import CheckDecision
from beliefgraph.model.event import Event, EventName
from beliefgraph.model.goal import GoalFields
from beliefgraph.model.metric import MetricKey
from beliefgraph.model.permission import Permit, Restrict
from beliefgraph.model.question import BeliefFilter, BeliefOrder
from beliefgraph.model.reasons import Interpret
from beliefgraph.model.record import Record
from beliefgraph.model.series import PreferenceKey, SeriesOf
from beliefgraph.model.time import AsOf
from beliefgraph.model.twin import Identifier

__all__ = [
    "AsOf",
    "AssertBelief",
    "BeliefFilter",
    "BeliefKey",
    "BeliefOrder",
    "CheckDecision",
    "Correct",
    "Event",
    "Identify",
    "Interpret",
    "MetricKey",
    "MotivateGoal",
    "Permit",
    "RecordDecision",
    "RejectedEvent",
    "Relate",
    "RelateGoals",
    "Restrict",
    "Retract",
    "SeriesOf",
    "SetGoal",
    "Unidentify",
    "WhatIf",
    "Withdraw",
]

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class RejectedEvent:
    """A malformed event: its id, and what is wrong with it."""

    id: str
    error: InputValidationError | BeliefgraphError


def asked(record: type[R], name: str | None = None) -> type[R]:
    """Make the record an input type: what is sent is validated as an instance of it."""
    strawberry.pydantic.input(
        record, name=name or f"{record.__name__}Input", description=in_graphql(inspect.getdoc(record) or "")
    )
    definition: StrawberryObjectDefinition = record.__strawberry_definition__  # type: ignore[attr-defined]
    definition.from_input = _sent
    for field in definition.fields:
        annotation = field.type_annotation
        if issubclass(record, GoalFields | DecisionFields) and field.python_name in (
            *GoalFields.model_fields,
            *DecisionFields.model_fields,
        ):
            field.default_value = MISSING  # an omitted field is not null
        field.description = in_graphql(field.description or "") or None
        if annotation is not None:
            field.type_annotation = StrawberryAnnotation(
                shown(annotation.raw_annotation, {}), namespace=annotation.namespace
            )
    return record


def with_stored_ids(given: R) -> R:
    """The query's record, with ids of answers replaced by stored ids."""
    match given:
        case Withdraw(evidence=str(evidence)):
            return given.model_copy(update={"evidence": stored_id(evidence, given.twin)})
        case Contest(evidence=evidence):
            return given.model_copy(update={"evidence": stored_id(evidence, given.twin)})
        case Withdraw(event=EventName() as event):
            return given.model_copy(update={"event": _stored_event(event, given.twin)})
        case Interpret(stored=EventName() as event):
            return given.model_copy(update={"stored": _stored_event(event, given.twin)})
        case Retract(relation=str(relation)):
            return given.model_copy(update={"relation": stored_id(relation, given.twin)})
        case _:
            return given


def _stored_event(event: EventName, twin: str) -> EventName:
    return event if event.source is not None else EventName(id=stored_id(event.id, twin))


def _sent(record: type[Any], value: Mapping[str, Any], context: InputContext) -> Any:
    """The record for an input; its events are within the same bounds as on every interface."""
    made = build_pydantic_model(record, value, context)
    check_events(made)
    return made


def _sent_event(record: type[Any], value: Mapping[str, Any], context: InputContext) -> Event | RejectedEvent:
    """The event of an input; a malformed one is returned as such, so that the others of the call are processed."""
    try:
        event: Event = _sent(record, value, context)
    except (InputValidationError, BeliefgraphError) as error:
        return RejectedEvent(value["id"], error)
    return event


for _record in (BeliefKey, MetricKey, Identifier, Event, BeliefFilter, BeliefOrder, EventName, Interpret):
    asked(_record)
for _hypothesis in (HypotheticalEvidence, Assumption, Intervention, SupposedGoal, WhatIf):
    asked(_hypothesis)
for _command in (AssertBelief, Correct, Retract, Withdraw, Relate, Identify, Unidentify, Permit, Restrict):
    asked(_command)
for _part in (Option, Reason, Result):
    asked(_part, f"Decision{_part.__name__}Input")
asked(RecordDecision)
asked(CheckDecision)
for _about_goals in (SetGoal, RelateGoals, MotivateGoal):
    asked(_about_goals)
asked(AsOf, "AsOf")
asked(PreferenceKey)
asked(SeriesOf)

Event.__strawberry_definition__.from_input = _sent_event  # type: ignore[attr-defined]
